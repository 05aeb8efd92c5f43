package io.connpool.thrift;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the module may know, and what it must not bring with it. */
class ArchitectureTest {
  private static final JavaClasses CLASSES = new ClassFileImporter().importPath(mainClasses());

  @Test
  void itKnowsTheCoreByItsExportedPackagesAndNoSibling() {
    classes()
        .should()
        .onlyDependOnClassesThat(
            resideInAPackage("io.connpool..")
                .negate()
                .or(resideInAPackage("io.connpool"))
                .or(resideInAPackage("io.connpool.mux"))
                .or(resideInAPackage("io.connpool.net"))
                .or(resideInAPackage("io.connpool.spi"))
                .or(resideInAPackage("io.connpool.thrift.."))
                .as("are foreign, the core's API, or its own"))
        .check(CLASSES);
  }

  @Test
  void nobodySleepsOrWaitsOnAMonitorOrReadsTheWallClock() {
    noClasses().should().callMethod(Thread.class, "sleep", long.class).check(CLASSES);
    noClasses().should().callMethod(System.class, "currentTimeMillis").check(CLASSES);
    noClasses().should().dependOnClassesThat().areAssignableTo(ThreadLocal.class).check(CLASSES);
    noMethods().should().haveModifier(JavaModifier.SYNCHRONIZED).check(CLASSES);
  }

  /** Parts of libthrift that this module does not use need them; its users should not. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "org.apache.hc.client5.http.classic.HttpClient",
        "org.apache.hc.core5.http.HttpEntity",
        "jakarta.servlet.Servlet",
        "jakarta.annotation.Nullable",
        "org.apache.commons.lang3.StringUtils"
      })
  void whatOnlyHttpAndServletsNeedIsNotThere(String type) {
    assertThrows(ClassNotFoundException.class, () -> Class.forName(type));
  }

  private static Path mainClasses() {
    try {
      return Path.of(ThriftPool.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
