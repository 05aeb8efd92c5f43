package io.connpool;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static java.util.stream.Collectors.toUnmodifiableSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaAnnotation;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.domain.properties.HasAnnotations;
import com.tngtech.archunit.core.domain.properties.HasModifiers;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.connpool.net.Endpoint;
import io.connpool.net.Tls;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.module.ModuleDescriptor;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What may know what, and what the published classes keep their hands off. */
class ArchitectureTest {
  private static final Path MAIN = mainClasses();
  private static final String COMMONS_POOL = "org.apache.commons.pool2";
  private static final String MICROMETER = "io.micrometer";
  private static final JavaClasses CLASSES = new ClassFileImporter().importPath(MAIN);

  @Test
  void theEngineIsEnteredThroughTheBuilderOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.connpool.internal..")
        .and()
        .haveNameNotMatching(PoolBuilder.class.getName() + "(\\$.*)?")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.connpool.internal..")
        .check(CLASSES);
  }

  @Test
  void theApiKnowsNoSocketTransportAndNoForeignPool() {
    noClasses()
        .that()
        .resideInAPackage("io.connpool")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.connpool.net..", "io.connpool.commons..")
        .check(CLASSES);
  }

  /** It is an optional dependency: nothing else may fail without it. */
  @Test
  void commonsPoolIsKnownToItsAdaptersOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.connpool.commons")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.connpool.commons..", COMMONS_POOL + "..")
        .check(CLASSES);
  }

  /** As for commons-pool2. */
  @Test
  void micrometerIsKnownToItsBinderOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.connpool.micrometer")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.connpool.micrometer..", MICROMETER + "..")
        .check(CLASSES);
  }

  @Test
  void socketTransportsKnowTheApiAndNothingElseOfOurs() {
    classes()
        .that()
        .resideInAPackage("io.connpool.net..")
        .should()
        .onlyDependOnClassesThat(
            resideInAPackage("io.connpool..")
                .negate()
                .or(resideInAPackage("io.connpool"))
                .or(resideInAPackage("io.connpool.net.."))
                .as("are foreign, of the API, or of io.connpool.net itself"))
        .check(CLASSES);
  }

  @Test
  void whatFindsTransportsKnowsNone() {
    classes()
        .that()
        .resideInAPackage("io.connpool.spi..")
        .should()
        .onlyDependOnClassesThat(
            resideInAPackage("io.connpool..")
                .negate()
                .or(resideInAnyPackage("io.connpool", "io.connpool.spi.."))
                .or(type(Endpoint.class))
                .or(type(Tls.class))
                .as("are foreign, of the API, of io.connpool.spi itself, or say where and how"))
        .check(CLASSES);
  }

  @Test
  void signaturesSpeakOfJavaAndOfExportedPackagesOnly() {
    Set<String> exported = exportedPackages();
    classes()
        .that(
            describe(
                "are exported",
                c -> exported.contains(c.getPackageName()) && reachableFromOutside(c)))
        .should(haveSignaturesThatMention(exported))
        .check(CLASSES);
  }

  @Test
  void nobodySleeps() {
    noClasses()
        .should()
        .accessTargetWhere(method("sleep", "java.lang.Thread", "java.util.concurrent.TimeUnit"))
        .check(CLASSES);
  }

  @Test
  void nobodyReadsTheWallClock() {
    noClasses()
        .should()
        .accessTargetWhere(method("currentTimeMillis", "java.lang.System"))
        .check(CLASSES);
  }

  @Test
  void nobodyWaitsOnAMonitor() {
    for (String name : new String[] {"wait", "notify", "notifyAll"}) {
      noClasses().should().accessTargetWhere(method(name, "java.lang.Object")).check(CLASSES);
    }
    noMethods().should().haveModifier(JavaModifier.SYNCHRONIZED).check(CLASSES);
  }

  /** A virtual thread that waits inside a monitor holds its carrier, on JDKs before 24. */
  @Test
  void nobodyEntersAMonitor() throws IOException {
    ToolProvider javap = ToolProvider.findFirst("javap").orElseThrow();
    try (Stream<Path> files = Files.walk(MAIN)) {
      Stream<String> classFiles = files.map(Path::toString).filter(name -> name.endsWith(".class"));
      StringWriter code = new StringWriter();
      PrintWriter out = new PrintWriter(code);
      int failed =
          javap.run(
              out, out, Stream.concat(Stream.of("-p", "-c"), classFiles).toArray(String[]::new));
      out.flush();
      assertEquals(0, failed, code::toString);
      assertTrue(code.toString().contains("invokevirtual"), "the code is shown");
      assertEquals(
          List.of(),
          code.toString().lines().filter(line -> line.contains("monitorenter")).toList());
    }
  }

  @Test
  void nothingIsKeptInThreadLocals() {
    noClasses().should().dependOnClassesThat().areAssignableTo(ThreadLocal.class).check(CLASSES);
  }

  @Test
  void nobodyUsesJavaUtilLogging() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.util.logging..")
        .check(CLASSES);
  }

  private static DescribedPredicate<JavaAccess<?>> method(String name, String... owners) {
    return describe(
        "the target is " + String.join(" or ", owners) + "." + name,
        access ->
            access.getName().equals(name)
                && Set.of(owners).contains(access.getTargetOwner().getName()));
  }

  private static ArchCondition<JavaClass> haveSignaturesThatMention(Set<String> exported) {
    return new ArchCondition<>("mention only java.., javax.. and exported types in signatures") {
      @Override
      public void check(JavaClass owner, ConditionEvents events) {
        report(owner.getFullName(), typesOf(owner), events);
        for (JavaField field : owner.getFields()) {
          if (isVisible(field)) {
            Stream<JavaClass> types = involvedIn(Stream.of(field.getType()));
            report(field.getFullName(), Stream.concat(types, annotationsOf(field)), events);
          }
        }
        for (JavaCodeUnit unit : owner.getCodeUnits()) {
          if (isVisible(unit)) {
            report(unit.getFullName(), typesOf(unit), events);
          }
        }
      }

      private void report(String where, Stream<JavaClass> types, ConditionEvents events) {
        types
            .map(JavaClass::getBaseComponentType)
            .filter(type -> !isKnown(type) && !isSpokenIn(where, type))
            .distinct()
            .map(type -> where + " mentions " + type.getFullName())
            .forEach(message -> events.add(SimpleConditionEvent.violated(where, message)));
      }

      /** The API of commons-pool2 is what its adapters are for, Micrometer's what its binder is. */
      private boolean isSpokenIn(String where, JavaClass type) {
        String foreign = type.getPackageName();
        return (where.startsWith("io.connpool.commons.") && foreign.startsWith(COMMONS_POOL))
            || (where.startsWith("io.connpool.micrometer.") && foreign.startsWith(MICROMETER));
      }

      private boolean isKnown(JavaClass type) {
        String name = type.getPackageName();
        return type.isPrimitive()
            || name.startsWith("java.")
            || name.startsWith("javax.")
            || name.equals("org.jspecify.annotations")
            || exported.contains(name);
      }
    };
  }

  private static Stream<JavaClass> typesOf(JavaClass owner) {
    Stream<JavaType> above =
        Stream.concat(owner.getSuperclass().stream(), owner.getInterfaces().stream());
    Stream<JavaType> parameters = owner.getTypeParameters().stream().map(JavaType.class::cast);
    return Stream.concat(involvedIn(Stream.concat(above, parameters)), annotationsOf(owner));
  }

  private static Stream<JavaClass> typesOf(JavaCodeUnit unit) {
    Stream<JavaType> types =
        Stream.of(
                Stream.of(unit.getReturnType()),
                unit.getParameterTypes().stream(),
                unit.getTypeParameters().stream().map(JavaType.class::cast))
            .flatMap(s -> s);
    return Stream.of(involvedIn(types), unit.getExceptionTypes().stream(), annotationsOf(unit))
        .flatMap(s -> s);
  }

  private static Stream<JavaClass> involvedIn(Stream<JavaType> types) {
    return types.flatMap(type -> type.getAllInvolvedRawTypes().stream());
  }

  private static Stream<JavaClass> annotationsOf(HasAnnotations<?> annotated) {
    return annotated.getAnnotations().stream().map(JavaAnnotation::getRawType);
  }

  /** A class is visible if it and all that enclose it are. */
  private static boolean reachableFromOutside(JavaClass type) {
    return isVisible(type)
        && type.getEnclosingClass().map(ArchitectureTest::reachableFromOutside).orElse(true);
  }

  private static boolean isVisible(HasModifiers member) {
    Set<JavaModifier> modifiers = member.getModifiers();
    return (modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED))
        && !modifiers.contains(JavaModifier.SYNTHETIC);
  }

  private static Set<String> exportedPackages() {
    try (InputStream in = Files.newInputStream(MAIN.resolve("module-info.class"))) {
      return ModuleDescriptor.read(in).exports().stream()
          .filter(export -> !export.isQualified())
          .map(ModuleDescriptor.Exports::source)
          .collect(toUnmodifiableSet());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Path mainClasses() {
    try {
      return Path.of(ConnPool.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
