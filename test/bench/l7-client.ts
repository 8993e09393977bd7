/**
 * Load for l7.ts, from a namespace: `load CONNECTIONS SECONDS` prints what came of it as JSON; `version` prints each new text of /version
 * with the milliseconds since the time that it says (process.hrtime, which all processes share).
 */
import { connect } from "node:net";

const [mode, connections = "1", seconds = "1"] = process.argv.slice(2);

function request(path: string): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: shop.example\r\n\r\n`);
}

/** `answered` says whether to ask again. */
function asking(path: string, answered: (text: string, ms: number) => boolean): Promise<void> {
  const bytes = request(path);
  return new Promise((resolve) => {
    const socket = connect(80, "10.0.0.1");
    let begin = 0;
    const ask = (): void => {
      begin = performance.now();
      socket.write(bytes);
    };
    socket.setNoDelay(true);
    socket.on("connect", ask);
    socket.on("data", (chunk) => {
      if (answered(chunk.toString("latin1"), performance.now() - begin)) ask();
      else socket.destroy();
    });
    socket.on("error", () => answered("", 0));
    socket.on("close", () => resolve());
  });
}

if (mode === "load") {
  const end = performance.now() + Number(seconds) * 1000;
  const times: number[] = [];
  let failed = 0;
  const answered = (text: string, ms: number): boolean => {
    if (text.startsWith("HTTP/1.1 200 ")) times.push(ms);
    else failed++;
    return performance.now() < end;
  };
  await Promise.all(Array.from({ length: Number(connections) }, () => asking("/hostname", answered)));
  times.sort((a, b) => a - b);
  console.log(JSON.stringify({ done: times.length, failed, p50: times[times.length >> 1] }));
} else {
  let last = "";
  console.log("ready");
  await asking("/version", (text) => {
    const version = text.slice(text.indexOf("\r\n\r\n") + 4);
    if (version !== last) {
      const since = process.hrtime.bigint() - BigInt(version.split(" ")[1] ?? 0);
      console.log(`${version} ${(Number(since) / 1e6).toFixed(2)}`);
      last = version;
    }
    return true;
  });
}
