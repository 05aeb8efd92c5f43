/** Uses ConnPool from a module of its own. */
module io.connpool.consumer {
  requires io.connpool;
}
