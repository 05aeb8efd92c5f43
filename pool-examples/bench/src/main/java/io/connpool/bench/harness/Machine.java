package io.connpool.bench.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What a figure must be read with. */
public final class Machine {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  private Machine() {}

  /**
   * The JVM.
   *
   * @return vendor's name and version
   */
  public static String jdk() {
    return System.getProperty("java.vendor.version", System.getProperty("java.vm.name"))
        + " "
        + System.getProperty("java.runtime.version");
  }

  /**
   * The processor, as far as the system tells.
   *
   * @return model, number of processors, operating system
   */
  public static String processor() {
    return "%s, %d processors, %s %s"
        .formatted(
            model(),
            Runtime.getRuntime().availableProcessors(),
            System.getProperty("os.name"),
            System.getProperty("os.arch"));
  }

  private static String model() {
    try (Stream<String> lines = Files.lines(CPU_INFO)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unnamed model");
    } catch (IOException notLinux) {
      return "unnamed model";
    }
  }
}
