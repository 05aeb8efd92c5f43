package io.connpool.mutants;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A change to one class that some test must notice.
 *
 * @param type the class, as a path below {@code io/connpool} without its ending
 * @param tests class and method of each test that guards it, below {@code io.connpool}
 * @param taken the lines to take out
 * @param put the lines to put in
 */
record Mutant(String type, List<String> tests, List<String> taken, List<String> put) {

  static List<Mutant> readAll(Path catalogue) throws IOException {
    List<Mutant> mutants = new ArrayList<>();
    Mutant current = null;
    for (String line : Files.readAllLines(catalogue)) {
      if (line.startsWith("@ ")) {
        String[] parts = line.substring(2).split("\\|");
        List<String> tests = List.of(parts[1].strip().split(","));
        current = new Mutant(parts[0].strip(), tests, new ArrayList<>(), new ArrayList<>());
        mutants.add(current);
      } else if (line.startsWith("-")) {
        current.taken.add(line.substring(1).strip());
      } else if (line.startsWith("+")) {
        current.put.add(line.substring(1).strip());
      } else if (!line.isBlank() && !line.startsWith("#")) {
        throw new IllegalArgumentException(catalogue + ": what is this line? \"" + line + "\"");
      }
    }
    return mutants;
  }

  Path source(Path sources) {
    return sources.resolve("io/connpool").resolve(type + ".java");
  }

  /** The text of the class with the change; fails unless the lines occur exactly once. */
  String mutated(Path sources) throws IOException {
    List<String> lines = Files.readAllLines(source(sources));
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i + taken.size() <= lines.size(); i++) {
      if (lines.subList(i, i + taken.size()).stream().map(String::strip).toList().equals(taken)) {
        places.add(i);
      }
    }
    if (places.size() != 1) {
      throw new IllegalStateException(
          "%s: found %d times, not once: %s".formatted(type, places.size(), taken));
    }
    List<String> text = new ArrayList<>(lines.subList(0, places.get(0)));
    text.addAll(put);
    text.addAll(lines.subList(places.get(0) + taken.size(), lines.size()));
    return String.join("\n", text) + "\n";
  }

  @Override
  public String toString() {
    return type.substring(type.lastIndexOf('/') + 1) + ": " + String.join(" ", taken);
  }
}
