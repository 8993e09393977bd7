/** An HTTP request over TLS, by Node's own TLS. The certificate is reported, whatever it is. */
import { Socket } from "node:net";
import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import { connect } from "node:tls";
import { messageOf } from "../../errors.ts";
import { SOCK_STREAM, setInitialSequence, socketName, IPPROTO_TCP } from "../../kernel/socket.ts";
import type { Attempt, AttemptResult, AttemptTarget } from "./attempt.ts";
import { HttpDialogue } from "./http-probe.ts";
import { outcomeOf } from "./outcome.ts";
import { openProbeSocket } from "./probe-socket.ts";
import type { Probe, TlsFinding } from "./protocol.ts";

type HttpProbe = Extract<Probe, { kind: "http" }>;

export class HttpsAttempt implements Attempt {
  readonly #probe: HttpProbe;
  readonly #target: AttemptTarget;
  readonly #finish: (finding: AttemptResult) => void;
  readonly #dialogue: HttpDialogue;
  #socket: Socket | undefined;
  #isConnected = false;
  #tls: TlsFinding | undefined;

  constructor(probe: HttpProbe, target: AttemptTarget, finish: (finding: AttemptResult) => void) {
    this.#probe = probe;
    this.#target = target;
    this.#finish = finish;
    this.#dialogue = new HttpDialogue(probe);
  }

  open(): void {
    const { address, port, marks, onLocalPort, onSource } = this.#target;
    const fd = openProbeSocket(address, SOCK_STREAM);
    if (fd < 0) {
      setImmediate(() => this.#end(outcomeOf(-fd)));
      return;
    }
    if (marks !== undefined) setInitialSequence(fd, marks.sequence);
    const socket = new Socket({ fd, readable: true, writable: true });
    this.#socket = socket;
    socket.on("error", (error) => this.#fail(error));
    socket.on("connect", () => this.#secure(socket));
    socket.connect(port, address);
    onSource?.(IPPROTO_TCP, socketName(fd));
    onLocalPort?.(socketName(fd).readUInt16BE(2));
  }

  expire(): void {
    if (this.#tls !== undefined) this.#end(this.#dialogue.silence());
    else if (this.#isConnected) this.#end({ outcome: "timeout", error: "connected, but no TLS handshake in time" });
    else this.#end({ outcome: "timeout" });
  }

  #secure(socket: Socket): void {
    this.#isConnected = true;
    const servername = this.#probe.tls?.serverName;
    const secure = connect({
      socket,
      rejectUnauthorized: false,
      ALPNProtocols: ["http/1.1"],
      ...(servername === undefined ? {} : { servername }),
    });
    secure.on("error", (error) => this.#fail(error));
    secure.on("secureConnect", () => {
      this.#tls = findingOf(secure);
      secure.write(this.#dialogue.request);
    });
    secure.on("data", (bytes: Buffer) => {
      const finding = this.#dialogue.take(bytes);
      if (finding !== undefined) this.#end(finding);
    });
    secure.on("end", () => this.#end(this.#tls === undefined ? { outcome: "reset" } : this.#dialogue.end()));
  }

  #fail(error: Error): void {
    const { errno } = error as NodeJS.ErrnoException;
    if (typeof errno === "number" && errno < 0) this.#end(outcomeOf(-errno));
    // What it says is not TLS, or an alert: it is reached, and refuses to speak.
    else this.#end({ outcome: this.#isConnected ? "open" : "unreachable", error: `TLS: ${messageOf(error)}` });
  }

  #end(finding: AttemptResult): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) {
      socket.removeAllListeners("error");
      socket.on("error", () => undefined);
      socket.destroy();
    }
    this.#finish(this.#tls === undefined ? finding : { ...finding, tls: this.#tls });
  }
}

function nameOf(certificate: DetailedPeerCertificate["subject"] | undefined): string {
  const common = certificate?.CN ?? certificate?.O ?? "";
  return Array.isArray(common) ? common.join(", ") : common;
}

function findingOf(secure: TLSSocket): TlsFinding {
  const certificate = secure.getPeerCertificate();
  const names = (certificate.subjectaltname ?? "").split(/, ?/).flatMap((text) => /^DNS:(.*)$/.exec(text)?.[1] ?? []);
  return {
    version: secure.getProtocol() ?? "",
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names,
    notAfter: certificate.valid_to ?? "",
  };
}
