package io.connpool.commons;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.clearInvocations;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.timeout;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoMoreInteractions;
import static org.mockito.Mockito.when;

import io.connpool.ConnPool;
import io.connpool.DialException;
import io.connpool.Lease;
import io.connpool.PoolBuilder;
import io.connpool.testkit.FakeConn;
import io.connpool.testkit.PoolWorld;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.apache.commons.pool2.DestroyMode;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.PooledObjectFactory;
import org.apache.commons.pool2.PooledObjectState;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.mockito.InOrder;

/** Which call of the factory comes when, as its pool's users see it. */
@Timeout(30)
final class FactoryTransportTest {
  private final AtomicInteger ids = new AtomicInteger();

  @SuppressWarnings("unchecked")
  private final PooledObjectFactory<Item> factory = mock(PooledObjectFactory.class);

  @RegisterExtension final PoolWorld world = PoolWorld.exclusive();
  @RegisterExtension final PoolWorld shared = PoolWorld.shared(2);

  @BeforeEach
  void theFactoryWorks() throws Exception {
    when(factory.makeObject())
        .thenAnswer(call -> new DefaultPooledObject<>(new Item(ids.incrementAndGet())));
    when(factory.validateObject(any())).thenReturn(true);
  }

  private ConnPool<Item> pool(UnaryOperator<PoolBuilder<Item>> settings) {
    return world.pool(settings.apply(ConnPool.builder(FactoryTransport.of(factory)).maxActive(1)));
  }

  private ConnPool<Item> poolTesting(FactoryTransport.Test... tests) {
    return world.pool(ConnPool.builder(FactoryTransport.of(factory, Set.of(tests))).maxActive(1));
  }

  @Test
  void aLoanIsActivatedAndAReturnPassivated() throws Exception {
    ConnPool<Item> pool = pool(builder -> builder);

    pool.acquire().close();

    InOrder order = inOrder(factory);
    order.verify(factory).makeObject();
    order.verify(factory).activateObject(any());
    order.verify(factory).validateObject(any());
    order.verify(factory).passivateObject(any());
    order.verify(factory).activateObject(any());
    order.verify(factory).passivateObject(any());
    order.verifyNoMoreInteractions();
  }

  @Test
  void everyPathToALoanActivates() throws Exception {
    ConnPool<Item> pool = pool(builder -> builder);
    pool.acquire().close();
    pool.tryAcquire().orElseThrow().close();
    pool.acquireAsync().get().close();
    String called = pool.call(item -> "called");
    pool.callAsync(item -> CompletableFuture.completedFuture(1)).get();

    assertEquals("called", called);
    verify(factory, times(1 + 5)).activateObject(any());
    verify(factory, times(1 + 5)).passivateObject(any());
  }

  @Test
  void anIdleObjectIsNotTouchedUntilItsHeartbeat() throws Exception {
    ConnPool<Item> pool = pool(b -> b.heartbeatInterval(Duration.ofSeconds(60)).maxIdle(1));
    pool.acquire().close();
    clearInvocations((Object) factory);

    world.clock().advance(Duration.ofSeconds(50));
    verifyNoMoreInteractions((Object) factory);
    world.clock().advance(Duration.ofSeconds(10));

    InOrder order = inOrder(factory);
    order.verify(factory).activateObject(any());
    order.verify(factory).validateObject(any());
    order.verify(factory).passivateObject(any());
    order.verifyNoMoreInteractions();
  }

  @Test
  void anObjectThatFailsItsHeartbeatIsDestroyed() throws Exception {
    ConnPool<Item> pool = pool(b -> b.maxIdle(1));
    pool.acquire().close();
    when(factory.validateObject(any())).thenReturn(false);

    world.clock().advance(Duration.ofSeconds(61));

    PoolWorld.eventually(pool, "closed", stats -> stats.closed() == 1);
    verify(factory).destroyObject(any(), eq(DestroyMode.NORMAL));
  }

  @Test
  void loansAndReturnsAreTestedIfAskedFor() throws Exception {
    ConnPool<Item> pool = poolTesting(FactoryTransport.Test.LOAN, FactoryTransport.Test.RETURN);

    pool.acquire().close();

    InOrder order = inOrder(factory);
    order.verify(factory).makeObject();
    order.verify(factory).activateObject(any());
    order.verify(factory).passivateObject(any());
    order.verify(factory).activateObject(any());
    order.verify(factory, times(2)).validateObject(any());
    order.verify(factory).passivateObject(any());
    order.verifyNoMoreInteractions();
  }

  @Test
  void anInvalidatedObjectIsDestroyedWithoutBeingPassivated() throws Exception {
    ConnPool<Item> pool = pool(builder -> builder);
    Lease<Item> lease = pool.acquire();
    clearInvocations((Object) factory);

    lease.invalidate();

    PoolWorld.eventually(pool, "closed", stats -> stats.closed() == 1);
    pool.close();
    verify(factory).destroyObject(any(), eq(DestroyMode.NORMAL));
    verifyNoMoreInteractions((Object) factory);
  }

  @Test
  void aFactoryThatNeverGetsOneReadyFailsTheDialAndIsNotAskedInALoop() throws Exception {
    ConnPool<Item> pool = pool(builder -> builder);
    doThrow(new IOException("not today")).when(factory).activateObject(any());

    DialException failure = assertThrows(DialException.class, pool::acquire);

    assertTrue(failure.getMessage().contains("activateObject failed"), failure::getMessage);
    assertTrue(failure.getMessage().contains("not today"), failure::getMessage);
    verify(factory, times(1)).makeObject();
  }

  @Test
  void whatCannotBeActivatedForALoanIsReplaced() throws Exception {
    ConnPool<Item> pool = pool(builder -> builder);
    pool.acquire().close();
    doThrow(new IOException("once")).doNothing().when(factory).activateObject(any());

    assertEquals(2, pool.acquire().get().id);

    PoolWorld.eventually(pool, "closed", stats -> stats.closed() == 1);
  }

  @Test
  void aMakeObjectWithoutAnObjectIsAFailedDial() throws Exception {
    ConnPool<Item> pool = pool(builder -> builder);
    when(factory.makeObject()).thenReturn(null);

    DialException failure = assertThrows(DialException.class, pool::acquire);

    assertTrue(failure.getMessage().contains("returned null"), failure::getMessage);
  }

  @Test
  void anObjectThatIsInThePoolAlreadyIsAFailedDial() throws Exception {
    Item only = new Item(1);
    when(factory.makeObject()).thenAnswer(call -> new DefaultPooledObject<>(only));
    ConnPool<Item> pool = pool(builder -> builder.maxActive(2));
    Lease<Item> lease = pool.acquire();

    DialException failure = assertThrows(DialException.class, pool::acquire);

    assertTrue(failure.getMessage().contains("in the pool already"), failure::getMessage);
    assertSame(only, lease.get());
  }

  @Test
  void anObjectThatWasDestroyedIsForgotten() throws Exception {
    Item only = new Item(1);
    when(factory.makeObject()).thenAnswer(call -> new DefaultPooledObject<>(only));
    ConnPool<Item> pool = pool(builder -> builder);
    pool.acquire().invalidate();
    PoolWorld.eventually(pool, "closed", stats -> stats.closed() == 1);
    verify(factory, timeout(10_000)).destroyObject(any(), eq(DestroyMode.NORMAL));

    assertSame(only, pool.acquire().get());
  }

  @Test
  void anInterruptOfAnActivationStaysWithTheCaller() throws Exception {
    ConnPool<Item> pool = pool(builder -> builder);
    pool.acquire().close();
    doThrow(new InterruptedException()).when(factory).activateObject(any());

    assertThrows(InterruptedException.class, pool::acquire);
  }

  @Test
  void thePooledObjectKnowsItsLoans() throws Exception {
    PooledObject<Item> object = new DefaultPooledObject<>(new Item(1));
    when(factory.makeObject()).thenReturn(object);
    ConnPool<Item> pool = pool(builder -> builder);

    Lease<Item> lease = pool.acquire();
    assertEquals(PooledObjectState.ALLOCATED, object.getState());
    assertEquals(1, object.getBorrowedCount());
    lease.close();
    assertEquals(PooledObjectState.IDLE, object.getState());
    pool.close();
    assertEquals(PooledObjectState.INVALID, object.getState());
  }

  @Test
  void theViewOfASharedPoolRefusesASecondHolderOfTheSameObject() throws Exception {
    ConnPool<FakeConn> pool = shared.pool(b -> b.maxActive(1));
    ObjectPoolView<FakeConn> view = ObjectPoolView.of(pool);
    FakeConn first = view.borrowObject();

    assertThrows(IllegalStateException.class, view::borrowObject);

    assertEquals(1, view.getNumActive());
    view.returnObject(first);
    view.close();
  }

  @Test
  void theViewTellsWhyADialFailedEvenIfItWasAnError() {
    doThrowError();
    ObjectPoolView<Item> view = ObjectPoolView.of(pool(builder -> builder));

    Exception failure = assertThrows(Exception.class, view::borrowObject);

    assertInstanceOf(DialException.class, failure);
    assertInstanceOf(AssertionError.class, failure.getCause());
  }

  private void doThrowError() {
    try {
      when(factory.makeObject()).thenThrow(new AssertionError("a bug"));
    } catch (Exception impossible) {
      throw new AssertionError(impossible);
    }
  }
}
