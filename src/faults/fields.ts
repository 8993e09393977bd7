/** Fields that kinds of faults share. */
import * as z from "zod";
import { target } from "../syntax/scalar.ts";
import type { Direction } from "./packet-rules.ts";

export const at = target.describe("node1/eth0, or node1, pod/NAME, …: all devices that lead out of it");

export const direction = z
  .enum(["in", "out", "both"])
  .optional()
  .describe("Packets that the device takes in, gives out, or both; default both");

export type DirectionDocument = z.infer<typeof direction>;

export function isMeant(asked: DirectionDocument, one: Direction): boolean {
  return (asked ?? "both") === "both" || asked === one;
}

/** In words; nothing for both. */
export function directionText(asked: DirectionDocument): string {
  return asked === undefined || asked === "both" ? "" : `, ${asked === "in" ? "incoming" : "outgoing"} only`;
}

export const percent = z.number().min(0).max(100);
