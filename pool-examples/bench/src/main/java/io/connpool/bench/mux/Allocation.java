package io.connpool.bench.mux;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** How many bytes of heap the whole JVM has allocated so far. */
final class Allocation {
  private static final @Nullable MethodHandle TOTAL = find();

  private Allocation() {}

  /** Empty where the JVM does not count: before JDK 21 it counts by platform thread only. */
  static OptionalLong soFar() {
    if (TOTAL == null) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of((long) TOTAL.invoke(ManagementFactory.getThreadMXBean()));
    } catch (Throwable notAsDocumented) {
      throw new LinkageError("getTotalThreadAllocatedBytes", notAsDocumented);
    }
  }

  private static @Nullable MethodHandle find() {
    try {
      Class<?> counting = Class.forName("com.sun.management.ThreadMXBean");
      return MethodHandles.publicLookup()
          .findVirtual(counting, "getTotalThreadAllocatedBytes", MethodType.methodType(long.class))
          .asType(MethodType.methodType(long.class, ThreadMXBean.class));
    } catch (ReflectiveOperationException older) {
      return null;
    }
  }
}
