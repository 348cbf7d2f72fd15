//! import lib/sight.wgsl
// Lines of sight of a workgroup. Its agents stand near each other, so it first picks the blockers
// that reach into the box around all that they may see; each line is then tested against those.
var<workgroup> box_low: array<atomic<i32>, 3>;
var<workgroup> box_high: array<atomic<i32>, 3>;
var<workgroup> box_count: atomic<u32>;
var<workgroup> ball_count: atomic<u32>;
var<workgroup> box_at: array<u32, 256>; // places in blockers_list
var<workgroup> ball_at: array<u32, 64>;

/// Where one looks from, or at: EYE above a place, but in range.
fn eye_of(place: vec3<i32>) -> vec3<i32> {
    return vec3<i32>(place.x, min(place.y, 0x7fffffff - EYE) + EYE, place.z);
}

/// Forget what the workgroup before left here; a barrier must follow.
fn clear_sight(lane: u32) {
    if (lane < 3u) {
        atomicStore(&box_low[lane], 0x7fffffff);
        atomicStore(&box_high[lane], -0x7fffffff - 1);
    }
    if (lane == 3u) { atomicStore(&box_count, 0u); }
    if (lane == 4u) { atomicStore(&ball_count, 0u); }
}

/// Widen the box by what one agent may see; a barrier must follow the last.
fn widen_sight(eye: vec3<i32>, radius: i32) {
    for (var axis = 0u; axis < 3u; axis++) {
        atomicMin(&box_low[axis], max(eye[axis], radius - 0x7fffffff) - radius);
        atomicMax(&box_high[axis], min(eye[axis], 0x7fffffff - radius) + radius);
    }
}

/// Whether the box at a place of the list reaches into another one.
fn box_reaches(at: u32, low: vec3<i32>, high: vec3<i32>) -> bool {
    return all((blockers_list[at].xyz < high) & (blockers_list[at + 1u].xyz > low));
}

/// Whether the ball at a place of the list may reach into a box.
fn ball_reaches(at: u32, low: vec3<i32>, high: vec3<i32>) -> bool {
    let ball = blockers_list[at];
    let reach = vec3<i32>(ball.w / 2 + 1); // halves do not wrap; one unit more does no harm
    return all((ball.xyz / 2 - reach < high / 2) & (ball.xyz / 2 + reach > low / 2));
}

/// Pick the blockers that reach into the box; a barrier must follow.
fn pick_blockers(lane: u32) {
    let low = vec3<i32>(atomicLoad(&box_low[0]), atomicLoad(&box_low[1]), atomicLoad(&box_low[2]));
    let high = vec3<i32>(atomicLoad(&box_high[0]), atomicLoad(&box_high[1]), atomicLoad(&box_high[2]));
    let count = vec2<u32>(blockers_list[0].xy);
    for (var i = lane; i < count.x; i += WORKGROUP_SIZE) {
        let at = 1u + 2u * i;
        if (box_reaches(at, low, high)) { box_at[atomicAdd(&box_count, 1u)] = at; }
    }
    for (var i = lane; i < count.y; i += WORKGROUP_SIZE) {
        let at = 513u + i;
        if (ball_reaches(at, low, high)) { ball_at[atomicAdd(&ball_count, 1u)] = at; }
    }
}

/// The blockers that reach into the box around what one agent may see. Bit j of a mask stands for
/// the picked ones j, j + 32, j + 64 and so on.
struct Near {
    boxes: u32,
    balls: u32,
}

fn blockers_near(eye: vec3<i32>, radius: i32) -> Near {
    let low = max(eye, vec3<i32>(radius - 0x7fffffff)) - radius;
    let high = min(eye, vec3<i32>(0x7fffffff - radius)) + radius;
    var near = Near(0u, 0u);
    for (var i = 0u; i < atomicLoad(&box_count); i++) {
        if (box_reaches(box_at[i], low, high)) { near.boxes |= 1u << (i & 31u); }
    }
    for (var i = 0u; i < atomicLoad(&ball_count); i++) {
        if (ball_reaches(ball_at[i], low, high)) { near.balls |= 1u << (i & 31u); }
    }
    return near;
}

/// The candidates that an eye sees: bit j of `hits` stands for the one of record first + j. `low` and
/// `high` are the corners of a box around the eye and theirs; few blockers reach into that.
fn unhidden(eye: vec3<i32>, near: Near, first: u32, hits: u32, low: vec3<i32>, high: vec3<i32>) -> u32 {
    var seen = hits;
    for (var bits = near.boxes; bits != 0u; bits &= bits - 1u) {
        for (var i = firstTrailingBit(bits); i < atomicLoad(&box_count); i += 32u) {
            if (box_reaches(box_at[i], low, high)) { seen = past_box(eye, first, seen, box_at[i]); }
        }
    }
    for (var bits = near.balls; bits != 0u; bits &= bits - 1u) {
        for (var i = firstTrailingBit(bits); i < atomicLoad(&ball_count); i += 32u) {
            if (ball_reaches(ball_at[i], low, high)) { seen = past_ball(eye, first, seen, ball_at[i]); }
        }
    }
    return seen;
}

fn past_box(eye: vec3<i32>, first: u32, hits: u32, at: u32) -> u32 {
    let low = blockers_list[at].xyz;
    let high = blockers_list[at + 1u].xyz;
    var seen = hits;
    for (var left = hits; left != 0u; left &= left - 1u) {
        let j = firstTrailingBit(left);
        if (crosses_box(eye, eye_of(sense_record[first + j].xyz), low, high)) { seen &= ~(1u << j); }
    }
    return seen;
}

fn past_ball(eye: vec3<i32>, first: u32, hits: u32, at: u32) -> u32 {
    let ball = blockers_list[at];
    var seen = hits;
    for (var left = hits; left != 0u; left &= left - 1u) {
        let j = firstTrailingBit(left);
        let other = eye_of(sense_record[first + j].xyz);
        if (crosses_ball(eye, other, ball.xyz, ball.w)) { seen &= ~(1u << j); }
    }
    return seen;
}
