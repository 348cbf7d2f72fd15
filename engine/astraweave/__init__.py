"""AstraWeave: deterministic worlds of agents on the GPU, from Python."""

from .app.scene import Scene, load_scene, scene
from .ecs.component import component, event
from .ecs.entities import Entity
from .ecs.fields import (
    F32,
    I32,
    U32,
    Angle,
    EntityRef,
    Fixed,
    Quat,
    Range,
    Vec2,
    Vec3,
    Vec3F,
    Vec4,
    Vec4F,
)
from .ecs.module import Module
from .ecs.replay import Recorder, Recording, replay
from .ecs.schedule import STAGES, Context, Percept, System
from .ecs.snapshot import Snapshot
from .ecs.world import World
from .errors import AstraError
from .gpu.device import Gpu, list_adapters
from .gpu.passes import ENTITIES, PER_ENTITY, PER_SLOT, Pass, Resource
from .render.camera import Camera
from .render.look import BOX, CAPSULE, QUAD, SPHERE, Look, rgb
from .render.renderer import Renderer
from .render.view import Ground, Sky, StaticBox, View
from .sim.components import (
    Body,
    Contact,
    Goal,
    Position,
    StaticContact,
    Team,
    Velocity,
    collision_filter,
)
from .sim.contacts import Contacts
from .sim.grid import Grid
from .sim.motion import Bounds, Motion
from .sim.obstacles import Box, Obstacles, Plane
from .sim.separation import Separation
from .sim.steering import Steering

__version__ = "0.1.0"

__all__ = [
    "BOX",
    "CAPSULE",
    "ENTITIES",
    "F32",
    "I32",
    "PER_ENTITY",
    "PER_SLOT",
    "QUAD",
    "SPHERE",
    "STAGES",
    "U32",
    "Angle",
    "AstraError",
    "Body",
    "Bounds",
    "Box",
    "Camera",
    "Contact",
    "Contacts",
    "Context",
    "Entity",
    "EntityRef",
    "Fixed",
    "Goal",
    "Gpu",
    "Grid",
    "Ground",
    "Look",
    "Module",
    "Motion",
    "Obstacles",
    "Pass",
    "Percept",
    "Plane",
    "Position",
    "Quat",
    "Range",
    "Recorder",
    "Recording",
    "Renderer",
    "Resource",
    "Scene",
    "Separation",
    "Sky",
    "Snapshot",
    "StaticBox",
    "StaticContact",
    "Steering",
    "System",
    "Team",
    "Vec2",
    "Vec3",
    "Vec3F",
    "Vec4",
    "Vec4F",
    "Velocity",
    "View",
    "World",
    "collision_filter",
    "component",
    "event",
    "list_adapters",
    "load_scene",
    "replay",
    "rgb",
    "scene",
]
