package io.connpool.spi;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/** A class path on which certain providers are registered, for the current thread. */
final class Services implements AutoCloseable {
  private final ClassLoader before = Thread.currentThread().getContextClassLoader();
  private final URLClassLoader loader;

  private Services(Path folder) throws IOException {
    loader = new URLClassLoader(new URL[] {folder.toUri().toURL()}, before);
    Thread.currentThread().setContextClassLoader(loader);
  }

  static Services of(Path folder, Class<?>... providers) throws IOException {
    return of(
        folder, Arrays.stream(providers).map(Class::getName).collect(Collectors.joining("\n")));
  }

  static Services of(Path folder, String lines) throws IOException {
    Path file = folder.resolve("META-INF/services/" + TransportProvider.class.getName());
    Files.createDirectories(file.getParent());
    Files.writeString(file, lines);
    return new Services(folder);
  }

  @Override
  public void close() throws IOException {
    Thread.currentThread().setContextClassLoader(before);
    loader.close();
  }
}
