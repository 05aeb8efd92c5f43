package io.connpool.mutants;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * Breaks the pool on purpose, one line at a time, and fails unless the test that guards the line
 * goes red. A test that does not end in time is red too: most of these lines keep somebody from
 * waiting for ever.
 *
 * <p>Arguments: the catalogue, the folder of the sources, a folder to work in.
 */
public final class Mutants {
  /** Mutants at once: each is a process of its own. */
  private static final int AT_ONCE = 2;

  /** Several times what the slowest of these tests takes. */
  private static final long SECONDS = 40;

  private final Path sources;
  private final Path work;
  private final String classPath = System.getProperty("java.class.path");

  private Mutants(Path sources, Path work) {
    this.sources = sources;
    this.work = work;
  }

  /** Exits with 1 if a mutant survives, or the catalogue is out of date. */
  public static void main(String[] arguments) throws Exception {
    List<Mutant> all = Mutant.readAll(Path.of(arguments[0]));
    Mutants mutants = new Mutants(Path.of(arguments[1]), Path.of(arguments[2]));
    Files.createDirectories(mutants.work);
    for (Mutant mutant : all) {
      mutant.mutated(mutants.sources); // a catalogue that is out of date is found at once
    }
    boolean good = mutants.testsAreGreen(all);
    ExecutorService workers =
        Executors.newFixedThreadPool(AT_ONCE, Mutants::daemon);
    List<Future<Boolean>> fates = new ArrayList<>();
    for (Mutant mutant : all) {
      int number = fates.size() + 1;
      fates.add(workers.submit(() -> mutants.isKilled(mutant, number, all.size())));
    }
    int killed = 0;
    for (Future<Boolean> fate : fates) {
      killed += fate.get() ? 1 : 0;
    }
    workers.shutdown();
    System.out.printf("%d of %d mutants killed%n", killed, all.size());
    System.exit(good && killed == all.size() ? 0 : 1);
  }

  /** So that the process ends if the catalogue turns out to be out of date. */
  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "mutants");
    thread.setDaemon(true);
    return thread;
  }

  private boolean testsAreGreen(List<Mutant> all) throws Exception {
    List<String> tests = all.stream().flatMap(m -> m.tests().stream()).distinct().toList();
    Path log = work.resolve("unchanged.log");
    int code = run(classPath, tests, log, 10 * SECONDS);
    System.out.printf("unchanged: %d tests, %s%n", tests.size(), code == 0 ? "green" : "NOT GREEN");
    if (code != 0) {
      Files.readAllLines(log).stream().filter(tests::contains).forEach(System.out::println);
    }
    return code == 0;
  }

  private boolean isKilled(Mutant mutant, int number, int of) throws Exception {
    Path folder = Files.createDirectories(work.resolve("mutant-" + number));
    compile(mutant, folder);
    String path = folder.resolve("classes") + File.pathSeparator + classPath;
    int code = run(path, mutant.tests(), folder.resolve("test.log"), SECONDS);
    boolean killed = code == RunTests.RED || code == -1;
    String fate = killed ? "killed" : code == RunTests.NONE ? "NO SUCH TEST" : "SURVIVED";
    System.out.printf("[%d/%d] %s  %s  %s%n", number, of, fate, mutant, mutant.tests());
    return killed;
  }

  private void compile(Mutant mutant, Path folder) throws IOException {
    Path file = folder.resolve("source").resolve(mutant.source(sources).getFileName().toString());
    Files.createDirectories(file.getParent());
    Files.writeString(file, mutant.mutated(sources));
    Path classes = Files.createDirectories(folder.resolve("classes"));
    int code =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-proc:none",
                "-nowarn",
                "-cp",
                classPath,
                "-d",
                classes.toString(),
                file.toString());
    if (code != 0) {
      throw new IllegalStateException("does not compile: " + mutant);
    }
  }

  /** The exit code, or -1 if it did not end in time. */
  private static int run(String path, List<String> tests, Path log, long seconds)
      throws IOException, InterruptedException {
    List<String> command =
        Stream.concat(
                Stream.of(
                    ProcessHandle.current().info().command().orElse("java"),
                    "-cp",
                    path,
                    RunTests.class.getName()),
                tests.stream())
            .toList();
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      return -1;
    }
    return process.exitValue();
  }
}
