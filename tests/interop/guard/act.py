"""The act of the kill tests, in a process of its own: a line in a log.

Takes one intent id a line at a Unix socket. Notes it in the log together with how long the chain file is at that moment,
as the file system says, and only then answers. Arguments: socket, chain file, log.
"""
import os
import socketserver
import sys

socket_path, chain, log = sys.argv[1:]
acts = open(log, "ab", buffering=0)


class Act(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            for line in self.rfile:
                acts.write(b"%s %d\n" % (line.strip(), os.stat(chain).st_size))
                self.wfile.write(b"done\n")
        except OSError:
            pass  # whoever asked was killed


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


with Server(socket_path, Act) as server:
    print("ready", flush=True)
    server.serve_forever()
