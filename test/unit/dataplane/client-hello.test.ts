import { connect } from "node:tls";
import { Duplex } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readClientHello } from "../../../src/dataplane/client-hello.ts";

/** What node's own client begins with. */
function hello(options: { servername?: string; ALPNProtocols?: string[] }): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        resolve(chunk);
        done();
      },
    });
    connect({ socket, ...options }).on("error", () => undefined);
  });
}

test("the server name and the protocols of a client", async () => {
  const bytes = await hello({ servername: "Shop.Example", ALPNProtocols: ["h2", "http/1.1"] });
  expect(readClientHello(bytes)).toEqual({ serverName: "shop.example", protocols: ["h2", "http/1.1"] });
  expect(readClientHello(Buffer.concat([bytes, Buffer.from("more")]))).toMatchObject({ serverName: "shop.example" });
});

test("each part of it is incomplete", async () => {
  const bytes = await hello({ servername: "a.example" });
  for (let size = 0; size < bytes.length; size++) expect(readClientHello(bytes.subarray(0, size))).toBe("more");
});

test("it may be cut into records", async () => {
  const bytes = await hello({ servername: "a.example" });
  const message = bytes.subarray(5);
  const records = [message.subarray(0, 2), message.subarray(2, 90), message.subarray(90)].flatMap((part) => [
    Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]),
    part,
  ]);
  expect(readClientHello(Buffer.concat(records))).toMatchObject({ serverName: "a.example" });
});

test("whatever comes, it says something and does not throw", async () => {
  const good = await hello({ servername: "a.example" });
  expect(readClientHello(Buffer.from("GET / HTTP/1.1\r\n"))).toBe("other");
  const flips = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(flips, (changes) => {
      const bytes = Buffer.from(good);
      for (const [at, value] of changes) bytes[at] = value;
      const read = readClientHello(bytes);
      return typeof read === "object" || read === "more" || read === "other";
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => readClientHello(Buffer.from(bytes)) !== undefined),
  );
});
