"""Every error the engine raises: each message names the thing, what was expected and what came."""

from __future__ import annotations


class AstraError(Exception):
    """Base of all errors of the engine; the previous state of the world is kept."""


class UsageError(AstraError):
    """A command line or an option that cannot be carried out."""


class GpuError(AstraError):
    """Something about the adapter, the device or its memory."""


class AdapterNotFound(GpuError):
    """No adapter matches what was asked for."""


class DeviceLost(GpuError):
    """The device stopped answering; the world has to be restored on a new one."""


class CapacityError(GpuError):
    """A buffer larger than the adapter can hold or bind was asked for."""


class ShaderError(GpuError):
    """A shader that does not compose or compile; names the file and the line."""

    def __init__(self, message: str, path: str = "", line: int = 0) -> None:
        super().__init__(f"{path}:{line}: {message}" if path else message)
        self.path = path
        self.line = line


class PassError(AstraError):
    """A pass whose declaration is impossible."""


class GraphError(AstraError):
    """A frame graph that has no order."""


class AmbiguityError(GraphError):
    """Two modules touch the same data and nobody said which comes first."""


class EcsError(AstraError):
    """Base of the errors about entities, components, systems and resources."""


class EntityNotFound(EcsError):
    """A handle whose entity was despawned or never lived."""

    def __init__(self, entity: object) -> None:
        super().__init__(f"{entity} does not exist: it was despawned or never spawned here")
        self.entity = entity


class ComponentNotRegistered(EcsError):
    """A component that this world does not hold, or that the entity lacks."""

    def __init__(self, name: str, why: str = "no entity or pass of this world uses it") -> None:
        super().__init__(f"component {name}: {why}")
        self.name = name


class ComponentError(EcsError, TypeError):
    """A component class or a component value that does not fit its layout."""


class SystemExecutionFailed(EcsError):
    """A CPU system raised; the tick it ran in was not applied."""

    def __init__(self, name: str, cause: BaseException) -> None:
        super().__init__(f"system {name} failed: {type(cause).__name__}: {cause}")
        self.name = name
        self.cause = cause


class ResourceNotFound(EcsError):
    """A resource that no module of this world provides."""

    def __init__(self, name: str) -> None:
        super().__init__(f"resource {name}: no module of this world provides it")
        self.name = name


class ArchetypeStorageFull(EcsError):
    """More component types or entities than a world can hold."""

    def __init__(self, maximum: int, what: str = "component types") -> None:
        super().__init__(f"a world holds at most {maximum:,} {what}")
        self.maximum = maximum


class EventOverflow(EcsError):
    """A tick emitted more events than its buffer holds, so which ones remain is not defined."""


class FormatError(AstraError):
    """A file that is not what it should be: truncated, damaged or of another version."""


class ReplayMismatch(AstraError):
    """The recomputed world differs from the recorded one."""

    def __init__(self, tick: int, component: str, recorded: str, computed: str) -> None:
        super().__init__(
            f"replay differs at tick {tick} in {component}: "
            f"recorded {recorded}, computed {computed}"
        )
        self.tick = tick
        self.component = component
