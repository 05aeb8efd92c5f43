"""The method echo by Python's Thrift library: python3 echo_server.py binary|compact|json framed|buffered

Prints its port, and ends with its standard input. Written against the library alone, so that no
generated Python has to be kept.
"""
import socket
import sys
import threading

from thrift.Thrift import TApplicationException, TMessageType, TProcessor, TType
from thrift.protocol.TBinaryProtocol import TBinaryProtocolFactory
from thrift.protocol.TCompactProtocol import TCompactProtocolFactory
from thrift.protocol.TJSONProtocol import TJSONProtocolFactory
from thrift.server.TServer import TThreadedServer
from thrift.transport.TSocket import TServerSocket
from thrift.transport.TTransport import TBufferedTransportFactory, TFramedTransportFactory


class Echo(TProcessor):
    def process(self, iprot, oprot):
        name, _, seqid = iprot.readMessageBegin()
        text = ""
        iprot.readStructBegin()
        while True:
            _, kind, field = iprot.readFieldBegin()
            if kind == TType.STOP:
                break
            if kind == TType.STRING and field == 1:
                text = iprot.readString()
            else:
                iprot.skip(kind)
            iprot.readFieldEnd()
        iprot.readStructEnd()
        iprot.readMessageEnd()
        if name == "echo":
            oprot.writeMessageBegin(name, TMessageType.REPLY, seqid)
            oprot.writeStructBegin("echo_result")
            oprot.writeFieldBegin("success", TType.STRING, 0)
            oprot.writeString("answer to " + text)
            oprot.writeFieldEnd()
            oprot.writeFieldStop()
            oprot.writeStructEnd()
        else:
            oprot.writeMessageBegin(name, TMessageType.EXCEPTION, seqid)
            TApplicationException(TApplicationException.UNKNOWN_METHOD, "no " + name).write(oprot)
        oprot.writeMessageEnd()
        oprot.trans.flush()


class Listener(TServerSocket):
    def listen(self):
        self.handle = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.handle.bind(("127.0.0.1", 0))
        self.handle.listen(50)
        print(self.handle.getsockname()[1], flush=True)


protocols = {
    "binary": TBinaryProtocolFactory,
    "compact": TCompactProtocolFactory,
    "json": TJSONProtocolFactory,
}
transports = {"framed": TFramedTransportFactory, "buffered": TBufferedTransportFactory}
server = TThreadedServer(
    Echo(), Listener(), transports[sys.argv[2]](), protocols[sys.argv[1]](), daemon=True
)
threading.Thread(target=server.serve, daemon=True).start()
sys.stdin.read()
