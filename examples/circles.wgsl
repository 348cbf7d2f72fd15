//! import lib/root.wgsl
//! import lib/cell.wgsl
// Forces of all neighbours within 2 m, for short cells in rows of 2 m. Every row is trimmed to
// the stretch of x that the distances across it leave. Lengths are in 2^-13 m: below 2^14 within
// reach, so squares fit 32 bits. The force comes from a table over the square of the distance.
const REACH = 16384;
const ALONG = u32(GRID_SHIFT_X) - 3u; // log2 of the cell's edge along x
const PIECE = 21u; // 2^28 / 128 is one piece of the table

var<workgroup> table: array<vec2<i32>, WORKGROUP_SIZE>;

/// How far v lies outside of a row of 2 m; the rows at the border go on for ever.
fn outside(v: i32, row: i32, count: i32) -> i32 {
    let low = row << 14u;
    let under = select(low - v, 0, row == 0);
    let over = select(v - (low + 16384), 0, row == count - 1);
    return max(max(under, over), 0);
}

/// Force of a neighbour at d, Q27, and 1.
fn pull(d: vec3<i32>, d2: u32) -> vec4<i32> {
    let piece = table[d2 >> PIECE];
    // slope < 2^14, fraction < 2^16; value < 2^15 and |d| < 2^14: products below 2^31.
    let force = piece.x + ((piece.y * i32((d2 >> 5u) & 0xffffu)) >> 16u);
    return vec4<i32>((d * force) >> vec3<u32>(3u), 1);
}

/// Sum of forces, Q27, and the number of neighbours.
fn force(here: vec3<i32>) -> vec4<i32> {
    var sum = vec4<i32>(0);
    let middle = clamp(here >> vec3<u32>(14u), vec3<i32>(0), vec3<i32>(GRID_X, GRID_Y, GRID_Z) - 1);
    for (var k = 0; k < 9; k++) {
        let y = middle.y + k % 3 - 1;
        let z = middle.z + k / 3 - 1;
        let dy = outside(here.y, y, GRID_Y);
        let dz = outside(here.z, z, GRID_Z);
        let left = REACH * REACH - dy * dy - dz * dz; // each below 2^28
        if (left <= 0 || y < 0 || y >= GRID_Y || z < 0 || z >= GRID_Z) { continue; }
        let reach = i32(isqrt(u32(left))) + 1;
        let x0 = clamp((here.x - reach) >> ALONG, 0, GRID_X - 1);
        let x1 = clamp((here.x + reach) >> ALONG, 0, GRID_X - 1);
        let first = grid_start[grid_index(vec3<i32>(x0, y, z))];
        let last = grid_start[grid_index(vec3<i32>(x1, y, z)) + 1u];
        // Two at a time: half the loop's overhead, and two loads under way. One record past the
        // stretch may be read; it is not counted. Rows are apart by one at most, so |d| is below
        // 2^15 for agents at most 2 m outside the cube.
        for (var i = first; i < last; i += 2u) {
            let a = (grid_record[i].xyz >> vec3<u32>(3u)) - here;
            let b = (grid_record[i + 1u].xyz >> vec3<u32>(3u)) - here;
            let a2 = u32(a.x * a.x + a.y * a.y + a.z * a.z);
            let b2 = select(0u, u32(b.x * b.x + b.y * b.y + b.z * b.z), i + 1u < last);
            if (a2 < u32(REACH * REACH) && a2 > 0u) { sum += pull(a, a2); }
            if (b2 < u32(REACH * REACH) && b2 > 0u) { sum += pull(b, b2); }
        }
    }
    return sum;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    table[lane] = circles_table[lane];
    workgroupBarrier();
    let index = (group.y * FOLD + group.x) * WORKGROUP_SIZE + lane;
    if (index >= grid_start[GRID_CELLS]) { return; }
    let own = grid_record[index];
    let sum = force(own.xyz >> vec3<u32>(3u));
    let slot = u32(own.w);
    circle[slot].neighbours = u32(sum.w);
    if (sum.w > 0) {
        position[slot].xyz = own.xyz + ((sum.xyz / sum.w) >> vec3<u32>(11u));
    }
}
