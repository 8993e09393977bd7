import { expect, test } from "vitest";
import { grpcAnswer, printableTarget, textAnswer } from "../../../src/dataplane/answers.ts";
import {
  answeredHeaders,
  changedList,
  forwardedHeaders,
  passedHeaders,
  safeList,
} from "../../../src/dataplane/proxy-headers.ts";

const cause = { object: "test", reason: "test" };
const same = (text: string): string => text;

test("headers of one connection stay with it, also those that it names", () => {
  const sent = { host: "x", connection: "close, x-hop", "x-hop": "1", "keep-alive": "5", upgrade: "h2c", te: "gzip, trailers", "x-kept": "2", "content-length": "3", "transfer-encoding": "chunked" }; // prettier-ignore
  expect(passedHeaders(sent)).toEqual({ te: "trailers", "x-kept": "2" });
  expect(answeredHeaders(["Connection", "X-Hop", "X-Hop", "1", "Keep-Alive", "2", "X-Kept", "3"])).toEqual([
    "X-Kept",
    "3",
  ]);
});

test("what a client says of itself is replaced, but for the id of its request", () => {
  const client = { clientAddress: "10.0.0.1", scheme: "https", port: 443, host: "shop.example" };
  const sent = { "x-request-id": "abc", "x-forwarded-for": "1.2.3.4", "x-real-ip": "1.2.3.4" };
  expect(forwardedHeaders(client, sent, "made")).toEqual({
    "x-request-id": "abc",
    "x-real-ip": "10.0.0.1",
    "x-forwarded-for": "10.0.0.1",
    "x-forwarded-host": "shop.example",
    "x-forwarded-port": "443",
    "x-forwarded-proto": "https",
    "x-forwarded-scheme": "https",
    "x-scheme": "https",
    "x-original-forwarded-for": "1.2.3.4",
  });
  expect(forwardedHeaders(client, {}, "made")["x-request-id"]).toBe("made");
});

test("set, add and remove in lists; cookies are not joined", () => {
  const list = ["Set-Cookie", "a=1", "X-One", "1", "Set-Cookie", "b=2", "X-Two", "2"];
  const filter = { kind: "response-headers", set: [{ name: "x-one", value: "new" }], add: [{ name: "Set-Cookie", value: "c=3" }], remove: ["X-TWO"], cause } as const; // prettier-ignore
  expect(changedList(filter, list, same)).toEqual([
    "Set-Cookie",
    "a=1",
    "Set-Cookie",
    "b=2",
    "x-one",
    "new",
    "set-cookie",
    "c=3",
  ]);
  expect(changedList({ kind: "response-headers", remove: ["set-cookie"], cause }, list, same)).toEqual([
    "X-One",
    "1",
    "X-Two",
    "2",
  ]);
});

test("nothing ends a line early", () => {
  expect(safeList(["a", "1", "b", "2\r\nc: 3", "d", "4\n", "e", "\t5"])).toEqual(["a", "1", "e", "\t5"]);
  expect(printableTarget("/a b\r\nHost: y")).toBe("/a%20b%0D%0AHost:%20y");
});

test("answers of our own have a type and a length; gRPC's have a status", () => {
  expect(textAnswer(404, [], undefined)).toMatchObject({ status: 404, body: Buffer.from("404 Not Found\n") });
  expect(textAnswer(204, [], "x").body.length).toBe(0);
  const { status, headers } = grpcAnswer(503, ["X-A", "1", "content-type", "text/html"], "no endpoint");
  expect([status, headers]).toEqual([
    200,
    ["content-type", "application/grpc", "grpc-status", "14", "grpc-message", "no%20endpoint", "x-a", "1"],
  ]);
  expect(grpcAnswer(404, ["grpc-status", "12"], "x").headers).toEqual([
    "content-type",
    "application/grpc",
    "grpc-status",
    "12",
  ]);
});
