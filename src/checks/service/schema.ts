/** Fields of the checks of Services: balanced, nat, sticky, rejected. */
import * as z from "zod";
import { target } from "../../syntax/scalar.ts";

export const serviceEndpoint = target.describe("TARGET:PORT: svc/NAME:PORT, a node port as NODE:PORT, or an address");
export const serviceProtocol = z.enum(["tcp", "udp"]).optional().describe("Default tcp");
export const connections = z.int().min(1).max(5000).optional();
