package io.connpool.thrift;

import static io.connpool.thrift.ThriftWorld.connections;
import static io.connpool.thrift.ThriftWorld.echo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.connpool.thrift.ThriftCallException.Phase;
import io.connpool.thrift.gen.Echo;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.sasl.AuthorizeCallback;
import javax.security.sasl.RealmCallback;
import org.apache.thrift.transport.TSaslClientTransport;
import org.apache.thrift.transport.TSaslServerTransport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is laid over the socket of a connection, with SASL as the example. */
class SaslTest {
  private static final String MECHANISM = "DIGEST-MD5";
  private static final String HOST = "localhost";

  @RegisterExtension final ThriftWorld world = new ThriftWorld();

  private static CallbackHandler knows(String password) {
    return callbacks -> {
      for (Callback callback : callbacks) {
        if (callback instanceof NameCallback name) {
          name.setName("caller");
        } else if (callback instanceof PasswordCallback secret) {
          secret.setPassword(password.toCharArray());
        } else if (callback instanceof RealmCallback realm) {
          realm.setText(HOST);
        } else if (callback instanceof AuthorizeCallback authorize) {
          authorize.setAuthorized(true);
        }
      }
    };
  }

  private ThriftPool<Echo.Iface> pool(String password) throws Exception {
    TSaslServerTransport.Factory layer =
        new TSaslServerTransport.Factory(MECHANISM, "thrift", HOST, Map.of(), knows("right"));
    ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    EchoServer server =
        world.server(EchoServer.start(EchoServer.Kind.THREAD_POOL, listener, layer));
    return world.pool(
        echo(server.endpoint())
            .buffered()
            .maxActive(1)
            .wrap(
                socket ->
                    new TSaslClientTransport(
                        MECHANISM, null, "thrift", HOST, Map.of(), knows(password), socket)));
  }

  @Test
  void callsGoOverWhatWasLaidOverTheSocket() throws Exception {
    ThriftPool<Echo.Iface> pool = pool("right");

    for (int i = 0; i < 10; i++) {
      assertEquals("answer to " + i, pool.client().echo("" + i));
    }
    String large = "x".repeat(100_000);
    assertEquals("answer to " + large, pool.client().echo(large));

    assertEquals(1, pool.stats().dialed());
    assertEquals(1, connections(pool));
  }

  @Test
  void whoIsRefusedHasNoConnection() throws Exception {
    ThriftPool<Echo.Iface> pool = pool("wrong");

    ThriftCallException failure =
        assertThrows(
            ThriftCallException.class,
            () -> pool.client(CallOptions.DEFAULT.withoutRetries()).echo("x"));

    assertEquals(Phase.ACQUIRE, failure.phase());
    assertFalse(failure.maybeProcessed());
    assertEquals(0, connections(pool));
  }
}
