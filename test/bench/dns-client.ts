/**
 * Asks a DNS server as fast as it answers, with a window of open questions: answers per second and how long the slowest
 * took, as JSON. Runs inside a pod: `node dns-client.ts SERVER NAME,… [SECONDS=2] [WINDOW=8]`
 */
import { createSocket } from "node:dgram";
import packet from "dns-packet";

const [server = "", list = "", seconds = "2", window = "8"] = process.argv.slice(2);
const names = list.split(",");
const socket = createSocket(server.includes(":") ? "udp6" : "udp4");
const sent = new Map<number, number>();
const times: number[] = [];
const begin = performance.now();
const end = begin + Number(seconds) * 1000;
let id = 0;
let wrong = 0;

function ask(): void {
  id = (id + 1) & 0xffff;
  const name = names[id % names.length] ?? "";
  sent.set(id, performance.now());
  socket.send(packet.encode({ type: "query", id, flags: packet.RECURSION_DESIRED, questions: [{ type: "A", name }] }));
}

socket.on("message", (bytes) => {
  const asked = sent.get(bytes.readUInt16BE(0));
  if (asked === undefined) return;
  sent.delete(bytes.readUInt16BE(0));
  times.push(performance.now() - asked);
  if ((bytes.readUInt8(3) & 0xf) !== 0 || bytes.readUInt16BE(6) === 0) wrong++;
  if (performance.now() < end) ask();
  else if (sent.size === 0) finish();
});

function finish(): void {
  const took = (performance.now() - begin) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
  const result = { perSecond: times.length / took, p50: at(0.5), p99: at(0.99), wrong, lost: sent.size };
  console.log(JSON.stringify(result));
  process.exit();
}

socket.connect(53, server, () => {
  for (let i = 0; i < Number(window); i++) ask();
});
setTimeout(finish, Number(seconds) * 1000 + 2000);
