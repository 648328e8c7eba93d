"""A refusal in the words of the API."""

from spanwise_collector.api.models import ErrorDetail
from spanwise_collector.errors import InvalidParameter, InvalidQuery, QueryLimit, Refused


def detail_of(refusal: Refused) -> ErrorDetail:
    """What is said of it."""
    parameter = refusal.parameter if isinstance(refusal, InvalidParameter) else None
    detail = ErrorDetail(code=refusal.reason, message=refusal.message, parameter=parameter)
    if isinstance(refusal, InvalidQuery):
        place = {"column": refusal.column, "length": refusal.length}
        words = {"expected": list(refusal.expected), "suggestions": list(refusal.suggestions)}
        detail = detail.model_copy(update=place | words)
    if isinstance(refusal, QueryLimit):
        detail = detail.model_copy(update={"setting": refusal.setting})
    return detail
