package io.connpool.mutants;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.ArrayList;
import java.util.List;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Runs the tests it is given, each as class#method, in a process of their own. */
public final class RunTests {
  static final int GREEN = 0;
  static final int RED = 1;
  static final int NONE = 2;

  private RunTests() {}

  /** Exits with {@link #GREEN}, {@link #RED}, or {@link #NONE} if there is no such test. */
  public static void main(String[] tests) {
    int worst = GREEN;
    List<String> failed = new ArrayList<>();
    for (String test : tests) {
      int code = run("io.connpool." + test);
      if (code != GREEN) {
        failed.add(test);
      }
      worst = Math.max(worst, code);
    }
    failed.forEach(System.out::println);
    System.exit(worst);
  }

  private static int run(String test) {
    String type = test.substring(0, test.indexOf('#'));
    String method = test.substring(test.indexOf('#') + 1);
    PostDiscoveryFilter thatMethod =
        descriptor -> FilterResult.includedIf(!isTest(descriptor) || isOf(descriptor, method));
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClass(type))
            .filters(thatMethod)
            .build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request, listener);
    TestExecutionSummary summary = listener.getSummary();
    if (summary.getTotalFailureCount() > 0) {
      return RED;
    }
    return summary.getTestsSucceededCount() > 0 ? GREEN : NONE;
  }

  private static boolean isTest(TestDescriptor descriptor) {
    return descriptor.getSource().filter(MethodSource.class::isInstance).isPresent();
  }

  private static boolean isOf(TestDescriptor descriptor, String method) {
    return descriptor
        .getSource()
        .map(source -> ((MethodSource) source).getMethodName().equals(method))
        .orElse(false);
  }
}
