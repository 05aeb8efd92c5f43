package io.connpool.threads;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** Virtual threads, where the JVM has them: this is compiled for Java 17. */
public final class VirtualThreads {
  /** Before 21 they were a preview, refused without a flag. */
  public static final boolean EXIST = Runtime.version().feature() >= 21;

  private static final @Nullable MethodHandle IS_VIRTUAL =
      EXIST ? find(Thread.class, "isVirtual", MethodType.methodType(boolean.class)) : null;

  private VirtualThreads() {}

  /**
   * Whether this is one.
   *
   * @param thread any thread
   * @return false where the JVM has none
   */
  public static boolean isVirtual(Thread thread) {
    if (IS_VIRTUAL == null) {
      return false;
    }
    try {
      return (boolean) IS_VIRTUAL.invokeExact(thread);
    } catch (Throwable notAsDocumented) {
      throw new LinkageError("Thread.isVirtual", notAsDocumented);
    }
  }

  /**
   * Threads named by the prefix and a number.
   *
   * @param prefix of their names
   * @return a factory; only where they {@link #EXIST}
   */
  public static ThreadFactory factory(String prefix) {
    try {
      Class<?> ofVirtual = Class.forName("java.lang.Thread$Builder$OfVirtual");
      Class<?> builder = Class.forName("java.lang.Thread$Builder");
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      Object unnamed =
          lookup.findStatic(Thread.class, "ofVirtual", MethodType.methodType(ofVirtual)).invoke();
      Object named =
          find(builder, "name", MethodType.methodType(builder, String.class, long.class))
              .invoke(unnamed, prefix, 1L);
      return (ThreadFactory)
          find(builder, "factory", MethodType.methodType(ThreadFactory.class)).invoke(named);
    } catch (Throwable notAsDocumented) {
      throw new LinkageError("virtual threads exist but cannot be built", notAsDocumented);
    }
  }

  private static MethodHandle find(Class<?> owner, String name, MethodType type) {
    try {
      return MethodHandles.publicLookup().findVirtual(owner, name, type);
    } catch (ReflectiveOperationException notAsDocumented) {
      throw new LinkageError(owner + "." + name, notAsDocumented);
    }
  }
}
