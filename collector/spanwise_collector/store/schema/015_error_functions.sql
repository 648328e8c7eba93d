-- Errors, out of what a span or a log record says, as (time, type, message, stack, name).

-- A stack trace of at most 16 KiB: of a longer one the two ends, as what was raised stands at the one or at the other.
CREATE OR REPLACE FUNCTION spanwise_stack_cut$on_cluster AS (stack) -> toValidUTF8(if(
    length(stack) <= 16384, stack, concat(substring(stack, 1, 8192), '\n...\n', substring(stack, -8192))));

-- The places of a span's exceptions among its events; 0 for a span that failed without one.
CREATE OR REPLACE FUNCTION spanwise_exceptions$on_cluster AS (event_names) -> if(
    has(event_names, 'exception'),
    arrayFilter(place -> event_names[place] = 'exception', arrayEnumerate(event_names)),
    [toUInt32(0)]);

-- What went wrong at such a place. At 0 all that is asked of the events is empty.
CREATE OR REPLACE FUNCTION spanwise_span_error$on_cluster AS (event_times, event_attributes, status_message, name, start, place) -> (
    if(event_times[place] > 0, event_times[place], start),
    substring(event_attributes[place]['exception.type'], 1, 256),
    substring(if(place > 0, event_attributes[place]['exception.message'], status_message), 1, 1024),
    spanwise_stack_cut(event_attributes[place]['exception.stacktrace']),
    if(place > 0, '', substring(toString(name), 1, 256)));

-- Whether a text holds a stack trace.
CREATE OR REPLACE FUNCTION spanwise_is_stack$on_cluster AS (text) ->
    multiSearchAny(text, ['Traceback (most recent call last)', '\n\tat ', '\n    at ', '\n   at ', '\ngoroutine ']);

-- The stack trace that a log record carries in an attribute: under OpenTelemetry's name, or as loggers call it.
CREATE OR REPLACE FUNCTION spanwise_stack_named$on_cluster AS (attributes) -> multiIf(
    attributes['exception.stacktrace'] != '', attributes['exception.stacktrace'],
    attributes['error.stack_trace'] != '', attributes['error.stack_trace'],
    attributes['exc_info'] != '', attributes['exc_info'],
    attributes['exception'] != '', attributes['exception'],
    attributes['stack_trace'] != '', attributes['stack_trace'],
    attributes['stacktrace'] != '', attributes['stacktrace'],
    attributes['stack']);

CREATE OR REPLACE FUNCTION spanwise_is_exception$on_cluster AS (attributes) ->
    hasAny(mapKeys(attributes), ['exception.type', 'exception.message', 'exception.stacktrace']);

-- Whether a log record tells of an error: by OpenTelemetry's attributes, or as severe and with a stack trace.
CREATE OR REPLACE FUNCTION spanwise_is_error$on_cluster AS (attributes, severity, body) ->
    spanwise_is_exception(attributes)
    OR (severity >= 17 AND (spanwise_is_stack(body) OR spanwise_is_stack(spanwise_stack_named(attributes))));

-- What such a record tells.
CREATE OR REPLACE FUNCTION spanwise_log_error$on_cluster AS (attributes, body, time) -> (
    time,
    substring(if(spanwise_is_exception(attributes), attributes['exception.type'], attributes['error.type']), 1, 256),
    substring(if(spanwise_is_exception(attributes), attributes['exception.message'], attributes['error.message']), 1, 1024),
    spanwise_stack_cut(if(
        spanwise_is_exception(attributes) OR spanwise_is_stack(spanwise_stack_named(attributes)),
        spanwise_stack_named(attributes),
        body)),
    '');

-- A stack trace without what differs from one error to the next: line numbers, addresses, numbers that the JVM gives to lambdas,
-- and lines that are not indented, which hold messages. Those of Go are functions: there the first line is left out.
CREATE OR REPLACE FUNCTION spanwise_stack_shape$on_cluster AS (stack) -> if(
    position(stack, '.go:') > 0,
    replaceRegexpAll(stack, '\\A[^\\n]*\\n|(?m)\\((?:[^*\\n][^\\n]*)?\\)$$|:[0-9]+| \\+0x[0-9a-f]+|^goroutine [0-9]+', ''),
    concat(
        extract(stack, '\\A[^\\s:]+\\.rb:[0-9]+:in [^\\n\']+'),
        replaceRegexpAll(stack, '(?m)^[^ \\t\\n#][^\\n]*$$|line [0-9]+|:[0-9]+|[(][0-9]+|0x[0-9a-f]+|[$$][0-9a-f/$$]+', '')));

-- What may be the type of what was raised: how lines that are not indented begin, where that has a capital.
CREATE OR REPLACE FUNCTION spanwise_stack_types$on_cluster AS (stack) -> extractAll(
    stack,
    concat(
        '(?m)^(?:Exception in thread "[^"]*" |Uncaught (?:\\(in promise\\) )?|Unhandled exception\\. )?',
        '([a-z0-9_.$$]*[A-Z][A-Za-z0-9_.$$]*)(?:: |:?$$)'));

-- Errors of one form differ in nothing that makes groups (grouping/errors.py): type, masked message, places in the code. Where
-- type or message are not said, the lines of the stack trace that are not indented stand for them; of a type that only they
-- say, a digit is no parameter.
CREATE OR REPLACE FUNCTION spanwise_error_form$on_cluster AS (service, error) -> cityHash64(
    service,
    tupleElement(error, 2),
    spanwise_masked(tupleElement(error, 3)),
    spanwise_masked(if(
        tupleElement(error, 2) = '' OR tupleElement(error, 3) = '',
        arrayStringConcat(extractAll(tupleElement(error, 4), '(?m)^[^ \\t\\n][^\\n]*$$'), ' '),
        '')),
    if(tupleElement(error, 2) = '', spanwise_stack_types(tupleElement(error, 4)), []),
    position(tupleElement(error, 4), 'most recent call last') > 0,
    spanwise_stack_shape(tupleElement(error, 4)),
    spanwise_masked(tupleElement(error, 5)));
