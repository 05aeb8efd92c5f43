// The example of the ancestor, as it is there but for the name of the package. The Java code is checked in;
// mvn -Pthrift-gen -pl pool-thrift -am -DskipTests package writes it anew.
namespace java io.connpool.examples.gen

service ConnPoolExample {
  string Ping(1: string meta)
  string Echo(1: string req)
}
