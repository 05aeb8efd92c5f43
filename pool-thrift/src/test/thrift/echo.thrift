// What the tests call. The Java code is checked in; mvn -Pthrift-gen -pl pool-thrift -am -DskipTests package
// writes it anew.
namespace java io.connpool.thrift.gen
namespace py connpool_echo

exception Refused {
  1: string why
}

struct Parcel {
  1: required string label
  2: optional binary content
}

service Echo {
  void ping()

  string echo(1: string text) throws (1: Refused refused)

  /** Answers after a while. */
  string echoLater(1: string text, 2: i32 millis)

  /** Throws Refused. */
  string refuse(1: string why) throws (1: Refused refused)

  /** Throws something that is not declared. */
  string crash(1: string why)

  /** So many bytes of this value. */
  binary blob(1: i32 size, 2: i8 value)

  Parcel send(1: Parcel parcel)

  oneway void note(1: string text)

  /** How many notes have come. */
  i32 notes()
}

/** A second service, for multiplexed servers. */
service Counter {
  i64 add(1: string name, 2: i64 amount)

  string echo(1: string text)
}
