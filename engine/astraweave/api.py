"""The engine's public names, which the package itself offers: `from astraweave import World`."""

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
from .render.view import Conversation, Ground, Labels, Sky, Spoken, StaticBox, View
from .sim.abilities import Ability, Aims, Guard, OrderState, Posture, Reason, Walk
from .sim.blockers import Barrier, Blockers, BlockersOverflow, Smoke
from .sim.combat import Combat
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
from .sim.fighters import (
    FIGHTER,
    Ammo,
    Blast,
    Cooldowns,
    Fell,
    Health,
    Morale,
    Order,
    Stamina,
    Stance,
    Struck,
    Weapon,
)
from .sim.grid import Grid
from .sim.motion import Bounds, Motion
from .sim.navigation import (
    ARRIVED,
    BY_FIELD,
    NO_FIELD,
    NO_PATH,
    STRAIGHT,
    Destination,
    FlowTarget,
    Navigation,
    Route,
)
from .sim.navigation_fields import Fields
from .sim.navigation_map import NavigationMap
from .sim.obstacles import Box, Obstacles, Plane
from .sim.sense import ALLIES, ANYONE, ENEMIES, NO_TEAM, NOBODY, Facing, Sense, Sensed, Senses
from .sim.separation import Separation
from .sim.steering import Steering

__all__ = [
    "ALLIES",
    "ANYONE",
    "ARRIVED",
    "BOX",
    "BY_FIELD",
    "CAPSULE",
    "ENEMIES",
    "ENTITIES",
    "F32",
    "FIGHTER",
    "I32",
    "NOBODY",
    "NO_FIELD",
    "NO_PATH",
    "NO_TEAM",
    "PER_ENTITY",
    "PER_SLOT",
    "QUAD",
    "SPHERE",
    "STAGES",
    "STRAIGHT",
    "U32",
    "Ability",
    "Aims",
    "Ammo",
    "Angle",
    "AstraError",
    "Barrier",
    "Blast",
    "Blockers",
    "BlockersOverflow",
    "Body",
    "Bounds",
    "Box",
    "Camera",
    "Combat",
    "Contact",
    "Contacts",
    "Context",
    "Conversation",
    "Cooldowns",
    "Destination",
    "Entity",
    "EntityRef",
    "Facing",
    "Fell",
    "Fields",
    "Fixed",
    "FlowTarget",
    "Goal",
    "Gpu",
    "Grid",
    "Ground",
    "Guard",
    "Health",
    "Labels",
    "Look",
    "Module",
    "Morale",
    "Motion",
    "Navigation",
    "NavigationMap",
    "Obstacles",
    "Order",
    "OrderState",
    "Pass",
    "Percept",
    "Plane",
    "Position",
    "Posture",
    "Quat",
    "Range",
    "Reason",
    "Recorder",
    "Recording",
    "Renderer",
    "Resource",
    "Route",
    "Scene",
    "Sense",
    "Sensed",
    "Senses",
    "Separation",
    "Sky",
    "Smoke",
    "Snapshot",
    "Spoken",
    "Stamina",
    "Stance",
    "StaticBox",
    "StaticContact",
    "Steering",
    "Struck",
    "System",
    "Team",
    "Vec2",
    "Vec3",
    "Vec3F",
    "Vec4",
    "Vec4F",
    "Velocity",
    "View",
    "Walk",
    "Weapon",
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
