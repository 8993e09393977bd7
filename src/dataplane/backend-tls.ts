/** TLS towards a backend: which certificate it must show, and which one is shown to it. */
import type { Socket } from "node:net";
import { checkServerIdentity, connect, type PeerCertificate, type TLSSocket } from "node:tls";
import type { BackendTls } from "../routing/model.ts";
import { BackendError } from "./answer-sink.ts";

export interface KeyPair {
  /** PEM, of the chain. */
  readonly certificate: string;
  readonly key: string;
}

/** Of a backend's names and URIs its certificate must have one. Undefined: it has. */
export function identityMistake(
  { names, uris }: Pick<BackendTls, "names" | "uris">,
  certificate: PeerCertificate,
): Error | undefined {
  const has = (names ?? []).some((name) => checkServerIdentity(name, certificate) === undefined);
  const entries = (certificate.subjectaltname ?? "").split(", ");
  if (has || (uris ?? []).some((uri) => entries.includes(`URI:${uri}`))) return undefined;
  const wanted = [...(names ?? []), ...(uris ?? [])].join(" or ");
  return new Error(`its certificate is for ${certificate.subjectaltname ?? "nobody"}, not ${wanted}`);
}

export interface TlsOptions {
  readonly tls: BackendTls;
  readonly own: KeyPair | undefined;
  readonly protocol: "http/1.1" | "h2" | undefined;
  readonly where: string;
  /** Milliseconds. */
  readonly timeout: number;
}

/** `done` gets the stream when both sides have agreed, or why not. Returns what gives it up. */
export function secure(
  socket: Socket,
  { tls, own, protocol, where, timeout }: TlsOptions,
  done: (stream: TLSSocket | BackendError) => void,
): () => void {
  const verifies = tls.names !== undefined || tls.uris !== undefined;
  let over = false;
  const end = (result: TLSSocket | BackendError | undefined): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    if (result !== stream) {
      stream.destroy();
      socket.destroy();
    }
    if (result !== undefined) done(result);
  };
  const stream = connect({
    socket,
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    ...(tls.authorities === undefined ? {} : { ca: [...tls.authorities] }),
    ...(own === undefined ? {} : { cert: own.certificate, key: own.key }),
    ...(protocol === undefined ? {} : { ALPNProtocols: [protocol] }),
    rejectUnauthorized: verifies,
    checkServerIdentity: (_host, certificate) => (verifies ? identityMistake(tls, certificate) : undefined),
  });
  const timer = setTimeout(
    () => end(new BackendError("connect-timeout", `${where}: no TLS handshake within ${timeout} ms`, true)),
    timeout,
  );
  stream.once("secureConnect", () => {
    if (protocol === "h2" && stream.alpnProtocol !== "h2")
      end(new BackendError("certificate", `${where}: it does not speak HTTP/2`, true));
    else end(stream);
  });
  stream.on("error", (error) => end(new BackendError("certificate", `${where}: TLS: ${error.message}`, true)));
  stream.once("close", () => end(new BackendError("certificate", `${where}: it ended the TLS handshake`, true)));
  return () => end(undefined);
}
