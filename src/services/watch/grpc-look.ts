/** One gRPC health check of a probe, over HTTP/2 in the clear as the kubelet makes it (pkg/probe/grpc). */
import { joinHostPort } from "../../net/host-port.ts";
import { connect } from "node:http2";
import type { NetnsHandle } from "../../kernel/netns.ts";
import { GRPC, HEALTH_CHECK, healthRequest, saysServing } from "../grpc-health.ts";
import { dial } from "./dial.ts";

export interface GrpcLook {
  readonly host: string;
  readonly port: number;
  /** Empty: the server as a whole. */
  readonly service: string;
  /** Milliseconds. */
  readonly timeout: number;
}

/** More than any HealthCheckResponse has. */
const BODY_LIMIT = 64 * 1024;

/** True when the service reports SERVING. Rejects when it does not answer in time, or does not know the service. */
export function lookByGrpc(handle: NetnsHandle, { host, port, service, timeout }: GrpcLook): Promise<boolean> {
  const socket = dial(handle, host, port);
  const session = connect(`http://${joinHostPort(host, port)}`, { createConnection: () => socket });
  return new Promise<boolean>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("timeout")), timeout);
    session.on("error", reject).on("close", () => {
      clearTimeout(timer);
      reject(new Error("closed"));
    });
    const stream = session.request({
      ":method": "POST",
      ":path": HEALTH_CHECK,
      "content-type": GRPC,
      te: "trailers",
      "user-agent": "k8snet-lab",
    });
    const body: Buffer[] = [];
    let size = 0;
    let status: unknown;
    // An answer without a message has its status in the headers.
    stream.on("response", (headers) => (status = headers["grpc-status"]));
    stream.on("trailers", (headers) => (status = headers["grpc-status"]));
    stream.on("data", (bytes: Buffer) => {
      size += bytes.length;
      if (size <= BODY_LIMIT) body.push(bytes);
    });
    stream.on("end", () => resolve(status === "0" && saysServing(Buffer.concat(body))));
    stream.on("error", reject);
    stream.end(healthRequest(service));
  }).finally(() => session.destroy());
}
