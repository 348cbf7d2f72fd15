"""The meshes: few vertices each, because vertices decide the frame time; all in one buffer pair.

Unit meshes are scaled by `Look.size`. A vertex takes 16 bytes: three floats of position and, as
signed bytes, the normal and how far its colour is blended to a light tint (heads).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Triangles = NDArray[np.int64]
VERTEX_BYTES = 16


@dataclass(frozen=True)
class Mesh:
    """Vertices (n, 3), normals (n, 3), tint (n,) and triangles (m, 3), counter-clockwise."""

    position: Floats
    normal: Floats
    tint: Floats
    triangles: Triangles

    def joined(self, other: Mesh) -> Mesh:
        """Both as one."""
        return Mesh(
            np.concatenate([self.position, other.position]),
            np.concatenate([self.normal, other.normal]),
            np.concatenate([self.tint, other.tint]),
            np.concatenate([self.triangles, other.triangles + len(self.position)]),
        )


class Part(NamedTuple):
    """Where a mesh lies in the shared buffers."""

    index_count: int
    first_index: int
    base_vertex: int


def quad() -> Mesh:
    """A unit square in x and z that faces up."""
    position = np.array([[-0.5, 0, -0.5], [-0.5, 0, 0.5], [0.5, 0, 0.5], [0.5, 0, -0.5]])
    normal = np.tile([0.0, 1.0, 0.0], (4, 1))
    return Mesh(position, normal, np.zeros(4), np.array([[0, 1, 2], [0, 2, 3]]))


def box() -> Mesh:
    """A unit cube with flat sides."""
    top = quad()
    sides = []
    for axis in range(3):
        for sign in (1.0, -1.0):
            turn = np.diag([sign, sign, 1.0]) @ np.roll(np.eye(3), axis, axis=1)
            centre = 0.5 * np.array([0.0, 1.0, 0.0])
            sides.append(
                Mesh((top.position + centre) @ turn, top.normal @ turn, top.tint, top.triangles)
            )
    whole = sides[0]
    for side in sides[1:]:
        whole = whole.joined(side)
    return whole


def sphere(rings: int, around: int) -> Mesh:
    """A sphere of diameter 1 from rings of vertices between two poles."""
    angles = np.linspace(0, math.pi, rings + 2)
    return lathe([(-0.5 * math.cos(a), 0.5 * math.sin(a)) for a in angles], around)


def lathe(profile: list[tuple[float, float]], around: int, tint: float = 0.0) -> Mesh:
    """Turn a profile of (height, radius) around y; it starts and ends on the axis (radius 0).

    Normals are those of the smooth profile.
    """
    heights, radii = np.array(profile, float).T
    slopes = np.gradient(np.stack([heights, radii]), axis=1)  # direction along the profile
    turns = np.arange(around) * (2 * math.pi / around)
    position, normal = [[0.0, heights[0], 0.0]], [[0.0, -1.0, 0.0]]
    for h, r, (dh, dr) in list(zip(heights, radii, slopes.T, strict=True))[1:-1]:
        for t in turns:
            position.append([r * math.sin(t), h, r * math.cos(t)])
            normal.append([dh * math.sin(t), -dr, dh * math.cos(t)])
    position.append([0.0, heights[-1], 0.0])
    normal.append([0.0, 1.0, 0.0])
    normals = np.array(normal)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    triangles = _lathe_triangles(len(profile) - 2, around)
    return Mesh(np.array(position), normals, np.full(len(position), tint), triangles)


def _lathe_triangles(rings: int, around: int) -> Triangles:
    last = 1 + rings * around
    out = []
    for i in range(around):
        j = (i + 1) % around
        out.append([0, 1 + j, 1 + i])
        out.append([last, last - around + i, last - around + j])
        for ring in range(rings - 1):
            a, b = 1 + ring * around, 1 + (ring + 1) * around
            out += [[a + i, a + j, b + j], [a + i, b + j, b + i]]
    return np.array(out)


def figure(around: int, fine: bool) -> Mesh:
    """A standing person, 1 high and about 1 wide, feet at the origin: a tapered body and a head.

    Heights and radii are for a size of about 0.5 × 1.75 × 0.5 m, where the head is round.
    """
    body = [(0.0, 0.0), (0.0, 0.26), (0.36, 0.33), (0.64, 0.48), (0.755, 0.34), (0.78, 0.0)]
    head = [(0.745, 0.0), (0.79, 0.26), (0.87, 0.345), (0.955, 0.24), (1.0, 0.0)]
    if not fine:
        body = [(0.0, 0.0), (0.0, 0.28), (0.64, 0.48), (0.80, 0.0)]
        head = [(0.745, 0.0), (0.81, 0.32), (0.93, 0.31), (1.0, 0.0)]
    return lathe(body, around).joined(lathe(head, around, tint=0.55))


# The lists of visible entities, all but the last (splats) with an indirect draw.
DRAWS = ("box", "sphere", "sphere far", "capsule", "capsule far", "quad", "shadow", "splat")
SHADOW = DRAWS.index("shadow")


def all_meshes() -> list[Mesh]:
    """One mesh for each indirect draw."""
    fine, coarse = sphere(7, 12), sphere(4, 8)
    near, far = figure(8, True), figure(6, False)
    return [box(), fine, coarse, near, far, quad(), quad()]


def pack(meshes: list[Mesh]) -> tuple[NDArray[np.uint32], NDArray[np.uint16], list[Part]]:
    """Vertex words, indices, and where each mesh lies in them."""
    words, indices, parts = [], [], []
    vertex = index = 0
    for mesh in meshes:
        words.append(_vertex_words(mesh))
        indices.append(mesh.triangles.ravel().astype(np.uint16))
        parts.append(Part(mesh.triangles.size, index, vertex))
        vertex, index = vertex + len(mesh.position), index + mesh.triangles.size
    flat = np.concatenate(indices)
    return np.concatenate(words), np.pad(flat, (0, len(flat) % 2)), parts


def _vertex_words(mesh: Mesh) -> NDArray[np.uint32]:
    records = np.zeros(len(mesh.position), [("position", "<f4", 3), ("normal", "i1", 4)])
    records["position"] = mesh.position
    records["normal"][:, :3] = np.rint(127 * mesh.normal)
    records["normal"][:, 3] = np.rint(127 * mesh.tint)
    return records.view("<u4").reshape(-1, VERTEX_BYTES // 4)
