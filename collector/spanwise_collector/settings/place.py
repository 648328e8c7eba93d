"""Where the collector keeps what it holds, and what waits there for the store."""

from pathlib import Path

from pydantic import BaseModel, Field, SecretStr

from spanwise_collector.settings.quantities import Duration, Size


class Place(BaseModel):
    """Where the collector keeps what it holds."""

    data: Path = Field(Path("spanwise-data"), description="Folder of everything the collector keeps.")
    notebook: SecretStr = Field(
        SecretStr(""),
        description="postgresql://USER:PASSWORD@HOST/DATABASE of keys, views and deploys; none: a file in --data.",
    )


class Spooling(BaseModel):
    """What waits for the store."""

    spool_segment_bytes: Size = Field(
        32 * 2**20, ge=4096, description="Size at which a file of the spool is closed and given to the store."
    )
    spool_segment_age: Duration = Field(
        0.3, gt=0, description="Age at which a file of the spool is closed and given to the store."
    )
    spool_max_bytes: Size = Field(
        4 * 2**30,
        ge=2**20,
        description="Most that may wait for the store; beyond it senders get 429 and come back.",
    )
    spool_brake_bytes: Size = Field(
        64 * 2**20,
        ge=2**20,
        description="What may wait for the store before answers are held back, up to a second, to slow senders.",
    )
    resend_window: Duration = Field(
        600.0,
        ge=0,
        description="Time within which a body that is sent again is answered without being stored again.",
    )
