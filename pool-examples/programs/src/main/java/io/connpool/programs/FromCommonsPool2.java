package io.connpool.programs;

import io.connpool.commons.ConfigTranslation;
import org.apache.commons.pool2.BasePooledObjectFactory;
import org.apache.commons.pool2.ObjectPool;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;

/** Code that was written for commons-pool2 gets another pool by one changed line. */
public final class FromCommonsPool2 {
  private FromCommonsPool2() {}

  /** Prints what the change means for each setting, and uses the pool as before. */
  public static void main(String[] arguments) throws Exception {
    try (LineServer server = new LineServer()) {
      GenericObjectPoolConfig<LineClient> config = new GenericObjectPoolConfig<>();
      config.setMaxTotal(4);

      // before: ObjectPool<LineClient> pool = new GenericObjectPool<>(factory, config);
      ConfigTranslation translation = ConfigTranslation.of(config);
      try (ObjectPool<LineClient> pool = translation.objectPool(new Factory(server.port()))) {
        LineClient client = pool.borrowObject();
        System.out.println("answer: " + client.ask("hello"));
        pool.returnObject(client);
        System.out.println("idle: " + pool.getNumIdle());
      }
      translation.notes().stream()
          .filter(note -> note.setting().equals("maxTotal"))
          .forEach(System.out::println);
    }
  }

  private static final class Factory extends BasePooledObjectFactory<LineClient> {
    private final int port;

    Factory(int port) {
      this.port = port;
    }

    @Override
    public LineClient create() throws Exception {
      return new LineClient(port);
    }

    @Override
    public PooledObject<LineClient> wrap(LineClient client) {
      return new DefaultPooledObject<>(client);
    }

    @Override
    public void destroyObject(PooledObject<LineClient> pooled) throws Exception {
      pooled.getObject().close();
    }
  }
}
