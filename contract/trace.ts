/** The header in which Temporal carries the caller's trace, from the start of a workflow to its activities. On the wire. */
export const TRACE_HEADER = '_tracer-data';
