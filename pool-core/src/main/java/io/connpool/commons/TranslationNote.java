package io.connpool.commons;

/**
 * What becomes of one setting in a {@link ConfigTranslation}.
 *
 * @param setting its name, as in the setters of {@code GenericObjectPoolConfig}
 * @param value its value
 * @param outcome whether it means what it meant
 * @param meaning what it means from now on
 */
public record TranslationNote(String setting, Object value, Outcome outcome, String meaning) {

  /** Whether a setting means what it meant. */
  public enum Outcome {
    /** It does. */
    SAME,
    /** The pool behaves differently, as the note says. */
    CHANGED,
    /** There is nothing like it. */
    DROPPED
  }

  /** One line for the log. */
  @Override
  public String toString() {
    return "%-7s %s = %s: %s".formatted(outcome, setting, value, meaning);
  }
}
