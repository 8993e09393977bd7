import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { openJsonLines } from "../../../src/agent/json-lines.ts";
import { eventually } from "../../wait.ts";

function open(): {
  input: PassThrough;
  output: PassThrough;
  messages: unknown[];
  ends: number;
  lines: ReturnType<typeof openJsonLines>;
} {
  const state = { input: new PassThrough(), output: new PassThrough(), messages: [] as unknown[], ends: 0 };
  const lines = openJsonLines(
    state.input,
    state.output,
    (message) => state.messages.push(message),
    () => state.ends++,
  );
  return Object.assign(state, { lines });
}

test("messages are whole however the bytes are cut, also inside of a character", () => {
  const state = open();
  const bytes = Buffer.from(`${JSON.stringify({ a: "grün 🚀" })}\n\n${JSON.stringify([1])}\n`);
  for (const byte of bytes) state.input.emit("data", Buffer.from([byte]));
  expect(state.messages).toEqual([{ a: "grün 🚀" }, [1]]);
  state.input.emit("data", Buffer.concat([bytes, bytes]));
  expect(state.messages).toHaveLength(6);
});

test("what is not JSON ends the connection, once, and nothing after it is read", () => {
  const state = open();
  state.input.emit("data", Buffer.from('GET / HTTP/1.1\r\n{"id":1}\n'));
  state.input.destroy();
  expect(state.messages).toEqual([]);
  expect(state.ends).toBe(1);
});

test("the last message is read also when the other pipe breaks first", () => {
  const state = open();
  state.output.emit("error", new Error("EPIPE"));
  state.output.emit("close");
  state.input.emit("data", Buffer.from('{"id":1}\n'));
  expect(state.messages).toEqual([{ id: 1 }]);
  expect(state.ends).toBe(0);
  state.input.emit("end");
  expect(state.ends).toBe(1);
});

test("messages of one turn go out in one write, in order", async () => {
  const state = open();
  const written: string[] = [];
  state.output.on("data", (chunk: Buffer) => written.push(chunk.toString()));
  state.lines.send({ a: 1 });
  state.lines.send({ b: 2 });
  await eventually(
    () => written.length,
    (count) => count > 0,
  );
  expect(written).toEqual(['{"a":1}\n{"b":2}\n']);
});
