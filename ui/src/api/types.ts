/**
 * What the collector's API answers, by the names that the views use: aliases of what `npm run types` generates.
 *
 * Times are integers of nanoseconds since the epoch that JavaScript rounds to 256 ns: arithmetic is done on the
 * offsets, never on the times.
 */
import type { AnyValue } from './any-value';
import type { components } from './openapi';

export type { AnyValue };
export type Attributes = Record<string, AnyValue>;

type Schemas = components['schemas'];

export type AggregateAnswer = Schemas['AggregateAnswer'];
export type ErrorBody = Schemas['ErrorAnswer'];
export type ColourList = Schemas['ColourList'];
export type Clock = Schemas['Clock'];
export type FacetList = Schemas['FacetList'];
export type Facet = Schemas['FacetAnswer'];
export type FacetValue = Schemas['FacetValue'];
export type FoundSpan = Schemas['FoundSpan'];
export type SpanDetail = Schemas['SpanDetail'];
export type Histogram = Schemas['HistogramAnswer'];
export type HistogramCell = Schemas['HistogramCell'];
export type KeptLink = Schemas['KeptLink'];
export type LinkedQuery = Schemas['LinkedQuery'];
export type LogList = Schemas['LogList'];
export type LogRecord = Schemas['LogRecord'];
export type Pattern = Schemas['Pattern'];
export type PatternDetail = Schemas['PatternDetail'];
export type PatternList = Schemas['PatternList'];
export type Resource = Schemas['Resource'];
export type Scope = Schemas['InstrumentationScope'];
export type Service = Schemas['Service'];
export type ServiceCount = Schemas['ServiceCount'];
export type ServiceList = Schemas['ServiceList'];
export type Session = Schemas['SessionInfo'];
export type Span = Schemas['Span'];
export type SpanEvent = Schemas['Event'];
export type SpanLink = Schemas['Link'];
export type SpanList = Schemas['SpanList'];
export type Status = Schemas['CollectorStatus'];
export type SuggestAnswer = Schemas['SuggestAnswer'];
export type Suggestion = Schemas['SuggestionAnswer'];
export type Trace = Schemas['Trace'];
export type TraceList = Schemas['TraceList'];
export type TraceSummary = Schemas['TraceSummary'];
export type View = Schemas['View'];
export type ViewList = Schemas['ViewList'];
