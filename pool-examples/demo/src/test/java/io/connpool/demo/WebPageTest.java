package io.connpool.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * The page in a real browser. With {@code -Ddemo.screenshots=<folder>} it also takes the pictures
 * of the documentation.
 */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@EnabledIf(value = "io.connpool.demo.Browser#isInstalled", disabledReason = Browser.NOT_INSTALLED)
final class WebPageTest {
  private static final Pattern PAGE = Pattern.compile("http://\\S+/");

  /** Far more than anything here takes on a machine that has nothing else to do. */
  private static final long PATIENCE_NANOS = 60_000_000_000L;

  private static final long LOOK_MILLIS = 100;

  private DemoProcess demo;
  private Browser browser;

  @BeforeEach
  void open() throws Exception {
    demo = new DemoProcess("--web", "--threads", "10");
    Matcher page = PAGE.matcher(demo.lineWith("ConnPool demo: open "));
    assertTrue(page.find());
    browser = new Browser();
    browser.open(URI.create(page.group()));
    until("document.querySelectorAll('.lane[data-server=up]').length == 3");
  }

  @AfterEach
  void close() throws Exception {
    try {
      if (browser != null) {
        browser.close();
      }
    } finally {
      demo.close();
    }
  }

  @Test
  void chartsMoveTroubleShowsUpAndIsOver() throws Exception {
    until("document.querySelectorAll('svg path.line').length >= 3 * 5");
    String line = "document.querySelector('#lane-mux [data-chart=throughput] path.line')";
    String painted = browser.ask(line + ".getAttribute('d')");
    until("%s.getAttribute('d') != '%s'".formatted(line, painted));
    until("parseInt(document.getElementById('answers').textContent.replaceAll(',', '')) > 100");
    until("document.querySelectorAll('#lane-tcp .slots li.leased').length > 0");
    until("/^\\d+: \\d+ calls$/.test(" + box("mux", "leased") + ".textContent)");
    int last = Integer.parseInt(browser.ask("Math.max(..." + numbers("tcp", "leased") + ")"));

    press("tcp", "kill");
    until(serverIs("tcp", "killed"));
    until(numbers("tcp", "gone") + ".includes(" + last + ")");
    until("document.querySelectorAll('#lane-tcp .slots li.leased').length == 0");
    until("document.querySelectorAll('#lane-tcp .trouble').length == 3");
    until(log("server tcp (pid "), log(" was killed"));
    assertEquals("true", browser.ask("document.querySelector('[data-act=kill]').disabled"));

    press("thrift", "stop");
    until(serverIs("thrift", "stopped"));
    press("mux", "hang");
    until(serverIs("mux", "hung"));

    for (String name : new String[] {"tcp", "thrift", "mux"}) {
      press(name, "restart");
      until(serverIs(name, "up"), log("\u2192 pool " + name + " answers again, "));
    }
    until("Math.min(..." + numbers("tcp", "leased") + ", Infinity) > " + last);
    until("document.querySelectorAll('#lane-tcp .slots li.leased').length > 0");

    assertEquals("0", browser.ask("document.getElementById('wrong').textContent"));
    assertFitsAPhone();
    assertEquals("{\"value\":[]}", browser.complaints());
    takePictures();

    demo.terminate();
    until("!document.getElementById('notice').hidden");
    assertEquals("{\"value\":[]}", browser.complaints());
  }

  @Test
  void theButtonHasTheDramaPlayed() throws Exception {
    browser.click("#script");
    until(logged("server tcp \\(pid \\d+\\) was killed"), serverIs("tcp", "killed"));
    until(logged("server tcp \\(pid \\d+\\) is back"), serverIs("tcp", "up"));
    until(logged("server thrift \\(pid \\d+\\) is frozen"), serverIs("thrift", "stopped"));
    until(logged("server thrift \\(pid \\d+\\) goes on"), serverIs("thrift", "up"));
    until(logged("server mux \\(pid \\d+\\) was killed"), serverIs("mux", "killed"));
    until(logged("server mux \\(pid \\d+\\) is back"), serverIs("mux", "up"));
    until(logged("pool tcp answers again"), logged("pool thrift answers again"));
    until(logged("pool mux answers again"));
    assertEquals("{\"value\":[]}", browser.complaints());
  }

  private static String logged(String pattern) {
    return "/" + pattern + "/.test(document.getElementById('log').textContent)";
  }

  private void assertFitsAPhone() throws IOException, InterruptedException {
    String metrics = "{\"width\":390,\"height\":844,\"deviceScaleFactor\":2,\"mobile\":true}";
    String unused = browser.command("Emulation.setDeviceMetricsOverride", metrics);
    until("innerWidth == 390");
    assertEquals("390", browser.ask("document.documentElement.scrollWidth"));
    String lowest =
        "Math.min(...[...document.querySelectorAll('button')].map(b => b.offsetHeight))";
    assertEquals("true", browser.ask(lowest + " >= 44"), "buttons that a thumb can hit");
    unused = browser.command("Emulation.clearDeviceMetricsOverride", "{}");
  }

  private void takePictures() throws IOException, InterruptedException {
    String folder = System.getProperty("demo.screenshots");
    if (folder == null) {
      return;
    }
    String looks =
        "document.querySelector('#lane-mux [data-chart=throughput] path.line')"
            + ".getAttribute('d').split(/[ML]/).length";
    until(looks + " > 60");
    press("tcp", "kill");
    press("thrift", "hang");
    until(looks + " > 75");
    press("tcp", "restart");
    press("thrift", "restart");
    until(looks + " > 100"); // two a second, so the charts are nearly full
    for (String scheme : new String[] {"light", "dark"}) {
      String features = "{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"%s\"}]}";
      String unused = browser.command("Emulation.setEmulatedMedia", features.formatted(scheme));
      until("matchMedia('(prefers-color-scheme: " + scheme + ")').matches");
      browser.screenshot(Path.of(folder, "demo-" + scheme + ".png"));
    }
  }

  private void press(String lane, String act) throws IOException, InterruptedException {
    browser.click("#lane-" + lane + " [data-act=" + act + "]");
  }

  private static String box(String lane, String state) {
    return "document.querySelector('#lane-%s .slots li.%s')".formatted(lane, state);
  }

  private static String numbers(String lane, String state) {
    return "[...document.querySelectorAll('#lane-%s .slots li.%s')].map(one => +one.textContent)"
        .formatted(lane, state);
  }

  private static String serverIs(String lane, String condition) {
    return "document.getElementById('lane-%s').dataset.server == '%s'".formatted(lane, condition);
  }

  private static String log(String words) {
    return "document.getElementById('log').textContent.includes('" + words + "')";
  }

  private void until(String... conditions) throws IOException, InterruptedException {
    String all = String.join(" && ", conditions);
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!browser.ask(all).equals("true")) {
      if (System.nanoTime() - deadline > 0) {
        fail("never: " + all + "; " + browser.ask("document.body.innerText"));
      }
      Thread.sleep(LOOK_MILLIS);
    }
  }
}
