//! import lib/fixed.wgsl
//! import sim/nav_way.wgsl
// Gives each agent the goal of its next steps: its destination if that is straight ahead, else the
// farthest cell in sight on a shortest way down its flow field.
const STRAIGHT = 0u;
const FIELD = 1u;
const ARRIVED = 2u;
const NO_PATH = 3u;
const WINDOW = 6;  // cells to each side in which who stands in a solid cell looks for another

/// The nearest cell that is not solid, for who was pushed into one that is; the place's own if none is
/// near. Of equally near ones the first row by row.
fn way_out(place: vec2<i32>) -> vec2<i32> {
    let own = nav_cell(place);
    let low = max(own - WINDOW, vec2<i32>(0));
    let high = min(own + WINDOW, vec2<i32>(NAV_X, NAV_Z) - 1);
    var best = Way(own, NAV_FAR);
    for (var z = low.y; z <= high.y; z++) {
        for (var x = low.x; x <= high.x; x++) {
            let cell = vec2<i32>(x, z);
            if (nav_kind(cell) == SOLID) { continue; }
            let d = nav_middle(cell) - place; // at most 7 cells of 64 parts
            best = better(best, cell, u32(d.x * d.x + d.y * d.y));
        }
    }
    return best.cell;
}

/// A place in 1/64 of a cell in metres, at a height.
fn metres_at(place: vec2<i32>, height: i32) -> vec3<i32> {
    let low = vec2<i32>(NAV_LOW_X, NAV_LOW_Z); // at the edge of a cell
    let xz = low + (place << vec2<u32>(u32(NAV_SHIFT) - NAV_PART));
    return vec3<i32>(xz.x, height, xz.y);
}

/// Whether a field has a target from which the straight way to a place is free.
fn leads_to(field: u32, place: vec2<i32>) -> bool {
    if (field >= u32(NAV_FIELDS)) { return false; }
    let aim = i32(nav_state[field].x) - 1;
    if (aim < 0) { return false; }
    return is_straight(nav_middle(vec2<i32>(aim % NAV_STRIDE, aim / NAV_STRIDE)), place);
}

fn is_near(p: vec3<i32>, place: vec3<i32>, radius: i32) -> bool {
    var d = p / 2 - place / 2; // halves, so that it cannot wrap
    d.y = 0;
    return length_q16(d) <= u32(max(radius, 0) / 2);
}

fn send(slot: u32, position: vec3<i32>, status: u32) {
    goal[slot].position = position;
    if (route[slot].status != status) { route[slot].status = status; }
}

fn each(slot: u32) {
    let p = position[slot].xyz;
    let wish = destination[slot];
    let here = nav_place(p);
    let there = nav_place(wish.place);
    if (is_straight(here, there)) {
        send(slot, wish.place, select(STRAIGHT, ARRIVED, is_near(p, wish.place, wish.arrive)));
        return;
    }
    let cell = nav_cell(here);
    if (nav_kind(cell) == SOLID) {
        let out = way_out(here);
        if (all(out == cell)) {
            send(slot, wish.place, NO_PATH);
        } else {
            send(slot, metres_at(nav_middle(out), p.y), FIELD);
        }
        return;
    }
    let base = wish.field * u32(NAV_CELLS);
    if (!leads_to(wish.field, there) || nav_field[base + nav_index(cell)] == NAV_FAR) {
        send(slot, p, NO_PATH);
    } else if (nav_field[base + nav_index(cell)] == 0u) {
        send(slot, wish.place, FIELD); // the last steps, close to a wall
    } else {
        let next = lane_ahead(here, cell_ahead(base, here), entity[slot].x);
        send(slot, metres_at(next, p.y), FIELD);
    }
}
