"""What tracers that ask are told about sampling."""

from typing import Annotated

from fastapi import APIRouter, Query

from spanwise_collector.api import models
from spanwise_collector.api.parameters import Text
from spanwise_collector.settings.sampling import Sampling, SamplingFile


def router(file: SamplingFile) -> APIRouter:
    """One route; its answer has the names of the tracer's own settings."""
    made = APIRouter(prefix="/api/v1", responses={code: {"model": models.ErrorAnswer} for code in (400, 422, 503)})

    @made.get("/sampling", tags=["collector"])
    def get_sampling(service: Annotated[Text, Query(description="`service.name` of whoever asks.")]) -> Sampling:
        """How a service is to sample; null is left to its own setting."""
        return file.of(service)

    return made
