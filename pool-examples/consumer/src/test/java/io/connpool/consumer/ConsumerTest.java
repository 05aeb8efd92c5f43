package io.connpool.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.connpool.ConnPool;
import org.junit.jupiter.api.Test;

class ConsumerTest {

  @Test
  void thePoolWorksOnTheModulePath() throws InterruptedException {
    assertEquals("io.connpool.consumer", Consumer.class.getModule().getName());
    assertEquals("io.connpool", ConnPool.class.getModule().getName());
    assertEquals(1, new Consumer().useTwice());
  }

  @Test
  void whatThePoolNeedsIsResolvedWithIt() {
    assertTrue(ModuleLayer.boot().findModule("io.github.resilience4j.retry").isPresent());
  }

  @Test
  void whatOnlyItsAdaptersNeedIsNot() {
    assertTrue(ModuleLayer.boot().findModule("org.apache.commons.pool2").isEmpty());
  }
}
