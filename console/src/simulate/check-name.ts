// What a health check is called: its tag `Name`, as everywhere in the console.
import type { ResourceTagSet } from "../api/operations";

export const nameOf = ({ Tags = [] }: ResourceTagSet): string => Tags.find(({ Key }) => Key === "Name")?.Value ?? "";
