export interface Report {
  readonly lines: readonly string[];
  readonly failedCount: number;
}
export declare function reportOf(folder: string): Report;
/** The files with failed tests that are worth a second run. */
export declare function doubtedFiles(folder: string): string[];
