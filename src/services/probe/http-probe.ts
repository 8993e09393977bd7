/** The http probe: one request, one response; open when a whole response has come. */
import { messageOf } from "../../errors.ts";
import { splitHostPort } from "../../net/host-port.ts";
import { CLIENT_HEADER, HOSTNAME_HEADER, SERVER_HEADER } from "../serve/answer.ts";
import type { Probe } from "./protocol.ts";
import type { AttemptResult } from "./attempt.ts";
import type { Dialogue } from "./dialogue.ts";
import { ResponseReader, type HttpResponse } from "./http-response.ts";

/** Bytes of a body that are kept. */
const BODY_LIMIT = 64 * 1024;

export class HttpDialogue implements Dialogue {
  readonly request: Buffer;
  readonly #reader: ResponseReader;

  constructor(probe: Extract<Probe, { kind: "http" }>) {
    this.request = encodeRequest(probe);
    this.#reader = new ResponseReader(BODY_LIMIT, probe.method.toUpperCase() === "HEAD");
  }

  take(bytes: Buffer): AttemptResult | undefined {
    return this.#read(() => this.#reader.push(bytes));
  }

  end(): AttemptResult {
    return this.#read(() => this.#reader.end()) ?? { outcome: "open" };
  }

  silence(): AttemptResult {
    return { outcome: "timeout", error: "connected, but no complete HTTP response in time" };
  }

  /** A peer that talks, but not HTTP, is open; the error says what is wrong with what it said. */
  #read(read: () => HttpResponse | undefined): AttemptResult | undefined {
    try {
      const http = read();
      if (http === undefined) return undefined;
      const hostname = http.headers[HOSTNAME_HEADER];
      if (hostname === undefined) return { outcome: "open", http };
      const client = http.headers[CLIENT_HEADER];
      const sourceIP = client === undefined ? undefined : splitHostPort(client).address;
      return { outcome: "open", hostname, sourceIP, server: http.headers[SERVER_HEADER], http };
    } catch (error) {
      return { outcome: "open", error: messageOf(error) };
    }
  }
}

function encodeRequest(probe: Extract<Probe, { kind: "http" }>): Buffer {
  const host = probe.to.includes(":") ? `[${probe.to.split("%")[0]}]` : probe.to;
  const headers: Record<string, string> = {
    host: probe.port === (probe.tls === undefined ? 80 : 443) ? host : `${host}:${probe.port}`,
    "user-agent": "k8snet-lab",
    accept: "*/*",
    connection: "close",
  };
  for (const [name, value] of Object.entries(probe.headers)) headers[clean(name).toLowerCase()] = clean(value);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const target = encodeTarget(probe.path === "" ? "/" : probe.path);
  return Buffer.from(`${clean(probe.method).toUpperCase()} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`);
}

/** Escapes what a request line cannot contain (blanks, controls, beyond ASCII) and nothing else. */
function encodeTarget(path: string): string {
  return path.toWellFormed().replace(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character));
}

/** A line break in a value would smuggle in a further header. */
function clean(text: string): string {
  return text.replace(/[\r\n\0]/g, " ");
}
