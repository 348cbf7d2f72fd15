//! import render/splat.wgsl
// One thread per slot: what can be seen is written as an instance and listed under its mesh; what
// would be a few pixels is drawn here and now.

struct Draw {
    index_count: u32,
    instance_count: atomic<u32>,
    first_index: u32,
    base_vertex: i32,
    first_instance: u32,
}

struct Lists {
    draws: array<Draw, 8>,
    visible: array<u32>,  // a region for each draw
}

struct Look {
    mesh: u32,
    color: u32,
    size: vec3<f32>,
}

@group(1) @binding(0) var<storage, read> entity: array<vec2<u32>>;
@group(1) @binding(1) var<storage, read> position: array<vec3<i32>>;
@group(1) @binding(2) var<storage, read> previous: array<vec3<i32>>;
@group(1) @binding(3) var<storage, read> velocity: array<vec3<i32>>;
@group(1) @binding(4) var<storage, read> look: array<Look>;
@group(1) @binding(5) var<storage, read_write> instance: array<Instance>;
@group(1) @binding(6) var<storage, read_write> lists: Lists;

const SPHERE = 1u;
const CAPSULE = 2u;
const QUAD = 3u;
const SHADOW = 6u;            // its place among the draws
const SPLAT = 7u;             // and that of the list of splats
const FEW_PIXELS = 20.0;      // radius of the bounds below which a coarse sphere does
const FEW_FOR_FIGURE = 30.0;  // and a coarse figure
const SHADOW_HEIGHT = 12.0;   // metres above the ground up to which a shadow shows
const JUMP = 8.0;             // metres in one tick that are no motion but a new place
const STILL = 65536.0 * 0.05; // Q16.16 metres per second below which a direction means nothing

// Halves, so that a difference of two corners of the world does not overflow.
fn relative(p: vec3<i32>) -> vec3<f32> {
    return vec3<f32>((p >> vec3(1u)) - (frame.origin >> vec3(1u))) * (1.0 / 32768.0);
}

fn place(slot: u32) -> vec3<f32> {
    let now = relative(position[slot]);
    if (frame.remembered == 0u) { return now; }
    let before = relative(previous[slot]);
    let jumped = distance(now, before) > JUMP;
    return select(mix(before, now, frame.sun.w), now, jumped);
}

fn facing(slot: u32, turns: bool) -> u32 {
    let ahead = vec2(0.0, 1.0);
    if (!turns) { return pack2x16snorm(ahead); }
    let v = vec2<f32>(velocity[slot].xz);
    let speed = length(v);
    return pack2x16snorm(select(ahead, v / max(speed, 1.0), speed > STILL));
}

// Signed distance to the nearest plane of the frustum, positive inside.
fn depth_inside(p: vec3<f32>) -> f32 {
    var least = 1e9;
    for (var i = 0u; i < 6u; i++) {
        least = min(least, dot(frame.planes[i].xyz, p) + frame.planes[i].w);
    }
    return least;
}

// Places among the draws: box, sphere near and far, capsule near and far, quad.
fn draw_of(mesh: u32, coarse: bool) -> u32 {
    let far = u32(coarse);
    switch mesh {
        case SPHERE: { return 1u + far; }
        case CAPSULE: { return 3u + far; }
        case QUAD: { return 5u; }
        default: { return 0u; }
    }
}

const NONE = 8u;
var<workgroup> wanted: array<atomic<u32>, 8>;
var<workgroup> first: array<u32, 8>;

/// Where a slot is listed: its own draw and the one of its shadow, NONE for neither.
fn examine(slot: u32) -> vec2<u32> {
    var listed = vec2<u32>(NONE);
    if (slot >= frame.slots) { return listed; }
    let mask = entity[slot].y;
    if ((mask & frame.drawn) != frame.drawn) { return listed; }
    let looks = look[slot];
    let at = place(slot);
    let radius = 0.5 * length(looks.size);
    let stands = looks.mesh == CAPSULE;
    let centre = at + vec3(0.0, select(0.0, 0.5 * looks.size.y, stands), 0.0);
    let inside = depth_inside(centre);
    let height = centre.y - 0.5 * looks.size.y - frame.ground.w;
    // A shadow reaches out further than what throws it.
    let pixels = radius * frame.eye.w / max(distance(centre, frame.eye.xyz), 0.001);
    let tiny = pixels < frame.picture.z && looks.mesh != QUAD;
    let shadow = frame.phase.z > 0.0 && looks.mesh != QUAD && !tiny
        && abs(height) < SHADOW_HEIGHT && inside >= -3.0 * radius;
    if (inside < -radius && !shadow) { return listed; }
    let turns = stands && (mask & frame.moving) != 0u;
    if (tiny) {
        splat(centre, looks.size, looks.color);
        listed.x = SPLAT;
        return listed;
    }
    instance[slot] = Instance(at, facing(slot, turns), looks.size, looks.color);
    if (inside >= -radius) {
        listed.x = draw_of(looks.mesh, pixels < select(FEW_PIXELS, FEW_FOR_FIGURE, stands));
    }
    if (shadow) { listed.y = SHADOW; }
    return listed;
}

// Each workgroup counts for itself and then takes its places in the lists with one atomic for each
// list: a million atomics on one counter would cost more than all the rest.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let slot = (group.y * FOLD + group.x) * 256u + lane;
    let listed = examine(slot);
    if (lane < 8u) { atomicStore(&wanted[lane], 0u); } // not every driver clears workgroup memory
    workgroupBarrier();
    var rank = vec2<u32>(0u);
    if (listed.x != NONE) { rank.x = atomicAdd(&wanted[listed.x], 1u); }
    if (listed.y != NONE) { rank.y = atomicAdd(&wanted[listed.y], 1u); }
    workgroupBarrier();
    if (lane < 8u) {
        let count = atomicLoad(&wanted[lane]);
        if (count > 0u) { first[lane] = atomicAdd(&lists.draws[lane].instance_count, count); }
    }
    workgroupBarrier();
    if (listed.x != NONE) { lists.visible[listed.x * frame.region + first[listed.x] + rank.x] = slot; }
    if (listed.y != NONE) { lists.visible[listed.y * frame.region + first[listed.y] + rank.y] = slot; }
}
