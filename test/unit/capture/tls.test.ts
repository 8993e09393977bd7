import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { formatTls } from "../../../src/capture/tls.ts";

test("a ClientHello that OpenSSL sends: the name, and all protocols that it offers", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({
    host: "127.0.0.1",
    port,
    servername: "web.example.com",
    ALPNProtocols: ["h2", "http/1.1"],
    rejectUnauthorized: false,
  }).on("error", () => undefined);
  const [socket] = (await once(server, "connection")) as [Socket];
  const [hello] = (await once(socket, "data")) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  expect(formatTls(hello)).toBe("ClientHello, SNI web.example.com, ALPN h2 http/1.1");
});
