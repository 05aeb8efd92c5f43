package io.connpool.bench.harness;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.ThreadFactory;

/** Virtual threads, for source that compiles on 17. */
public final class VirtualThreads {
  private VirtualThreads() {}

  /**
   * Whether this JVM has them.
   *
   * @return true from Java 21 on
   */
  public static boolean exist() {
    return Runtime.version().feature() >= 21;
  }

  /**
   * Makes unstarted virtual threads.
   *
   * @param prefix their names, before a number
   * @return the factory
   * @throws IllegalArgumentException if this JVM has none
   */
  public static ThreadFactory factory(String prefix) {
    if (!exist()) {
      throw new IllegalArgumentException(
          "virtual threads need Java 21, and this is Java " + Runtime.version().feature());
    }
    try {
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      Class<?> builder = Class.forName("java.lang.Thread$Builder");
      Class<?> virtual = Class.forName("java.lang.Thread$Builder$OfVirtual");
      Object start =
          lookup.findStatic(Thread.class, "ofVirtual", MethodType.methodType(virtual)).invoke();
      MethodType name = MethodType.methodType(builder, String.class, long.class);
      Object named = lookup.findVirtual(builder, "name", name).invoke(start, prefix, 0L);
      MethodType factory = MethodType.methodType(ThreadFactory.class);
      return (ThreadFactory) lookup.findVirtual(builder, "factory", factory).invoke(named);
    } catch (Throwable notAsDocumented) {
      throw new LinkageError("virtual threads exist but cannot be built", notAsDocumented);
    }
  }
}
