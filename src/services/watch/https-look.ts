/** One HTTPS request of a probe; the certificate is not looked at, as the kubelet does not (pkg/probe/http). */
import { connect } from "node:tls";
import type { NetnsHandle } from "../../kernel/netns.ts";
import { HttpDialogue } from "../probe/http-probe.ts";
import type { Probe } from "../probe/protocol.ts";
import { dial } from "./dial.ts";

/** The status of the response. Rejects when there was none in time. */
export function lookByTls(handle: NetnsHandle, probe: Extract<Probe, { kind: "http" }>): Promise<number | undefined> {
  const dialogue = new HttpDialogue(probe);
  const socket = dial(handle, probe.to, probe.port);
  return new Promise<number | undefined>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("timeout")), probe.timeout);
    const secure = connect({ socket, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
    secure.on("secureConnect", () => secure.write(dialogue.request));
    secure.on("data", (bytes: Buffer) => {
      const finding = dialogue.take(bytes);
      if (finding !== undefined) resolve(finding.http?.status);
    });
    secure.on("end", () => resolve(dialogue.end().http?.status));
    secure.on("error", reject).on("close", () => {
      clearTimeout(timer);
      reject(new Error("closed"));
    });
    socket.on("error", reject);
  }).finally(() => socket.destroy());
}
