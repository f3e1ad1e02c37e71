// An echo server on Node, as anyone would write it.
const net = require("net");

net.createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => {});
  socket.pipe(socket);
}).listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
