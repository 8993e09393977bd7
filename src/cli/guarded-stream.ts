/**
 * A stream of the process on which only what may be shown is written, with commands of this program as the user calls it;
 * bytes (a capture) pass as they are.
 */
import { commandsAsCalled, type CalledAs } from "./called-as.ts";
import { OutputGuard } from "../printable.ts";

export function guardedStream(stream: NodeJS.WriteStream, color: boolean, called: CalledAs): NodeJS.WriteStream {
  const guard = new OutputGuard(color);
  const write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean =>
    (stream.write as (...args: readonly unknown[]) => boolean).call(
      stream,
      typeof chunk === "string" ? commandsAsCalled(guard.clean(chunk), called) : chunk,
      ...rest,
    );
  return new Proxy(stream, {
    get(target, key) {
      if (key === "write") return write;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
