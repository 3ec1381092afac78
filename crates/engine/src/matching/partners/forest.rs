//! One tree over the streams of each class: boxes on the sphere with the best that lies in them.
//! A search reads bounds from the nodes; streams come and go, and the bounds stay as tight as at the start.

pub(super) const NONE: u32 = u32::MAX;
/// Points that a leaf is built with at most.
const LEAF: usize = 8;
/// Room of a leaf that grew; one that is full is split.
const ROOM: usize = 16;

/// A stream in a tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    /// On the unit sphere.
    pub at: [f64; 3],
    /// What speaks for it, thousand VND per t: a search prefers the higher.
    pub level: f64,
    /// Names it in this forest.
    pub key: u32,
    pub firm: u32,
    /// It goes with any partner: a licensed taker, a giver of nothing hazardous.
    pub permits_any: bool,
}

/// What is known of all points below.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Node {
    pub low: [f64; 3],
    pub high: [f64; 3],
    /// The highest; −∞ where there is no point.
    pub level: f64,
    /// The least key.
    pub first: u32,
    pub permits_any: bool,
    pub inside: Inside,
    parent: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// The first of two nodes that stand side by side.
    Nodes(u32),
    Points {
        start: u32,
        count: u32,
        room: u32,
    },
}

pub(super) struct Forest {
    nodes: Vec<Node>,
    points: Vec<Point>,
    /// `width` figures for each point: the greater, the more it permits (limits of takers, contents of givers with
    /// their sign turned). Those of a node are the greatest below.
    qualities: Vec<f64>,
    node_qualities: Vec<f64>,
    width: usize,
    /// Thousand VND for one Earth radius: makes distances and levels comparable.
    haulage_per_radius: f64,
    /// The tree of each class.
    roots: Vec<u32>,
    /// Where each point is, by its key.
    leaf_of: Vec<u32>,
}

impl Node {
    const EMPTY: Node = Node {
        low: [f64::INFINITY; 3],
        high: [f64::NEG_INFINITY; 3],
        level: f64::NEG_INFINITY,
        first: NONE,
        permits_any: false,
        inside: Inside::Points { start: 0, count: 0, room: 0 },
        parent: NONE,
    };

    fn has_points(&self) -> bool {
        self.level > f64::NEG_INFINITY
    }

    /// Square of the chord from a place to the nearest place of the box. Each step rounds the same way as in the
    /// chord to a point within, so it is never above that, in the last digit too.
    pub fn chord_squared(&self, from: [f64; 3]) -> f64 {
        let gap = |axis: usize| (self.low[axis] - from[axis]).max(from[axis] - self.high[axis]).max(0.0);
        (0..3).map(|axis| gap(axis).powi(2)).sum()
    }

    fn enclose(&mut self, other: &Node) {
        for axis in 0..3 {
            self.low[axis] = self.low[axis].min(other.low[axis]);
            self.high[axis] = self.high[axis].max(other.high[axis]);
        }
        self.level = self.level.max(other.level);
        self.first = self.first.min(other.first);
        self.permits_any |= other.permits_any;
    }
}

impl Point {
    fn as_node(&self) -> Node {
        Node {
            low: self.at,
            high: self.at,
            level: self.level,
            first: self.key,
            permits_any: self.permits_any,
            ..Node::EMPTY
        }
    }

    /// Along the three axes and the level.
    fn along(&self, dimension: usize) -> f64 {
        if dimension < 3 { self.at[dimension] } else { self.level }
    }
}

impl Forest {
    /// Trees of all classes. `qualities` holds `width` figures for each point, in their order.
    pub fn new(points: &[(u32, Point)], qualities: &[f64], width: usize, haulage_per_radius: f64) -> Forest {
        let classes = points.iter().map(|(class, _)| *class as usize + 1).max().unwrap_or(0);
        let keys = points.iter().map(|(_, point)| point.key as usize + 1).max().unwrap_or(0);
        let mut forest = Forest {
            nodes: Vec::new(),
            points: Vec::with_capacity(points.len()),
            qualities: Vec::with_capacity(qualities.len()),
            node_qualities: Vec::new(),
            width,
            haulage_per_radius,
            roots: vec![NONE; classes],
            leaf_of: vec![NONE; keys],
        };
        let mut order: Vec<u32> = (0..points.len() as u32).collect();
        order.sort_by_key(|place| points[*place as usize].0);
        for of_class in order.chunk_by_mut(|one, other| points[*one as usize].0 == points[*other as usize].0) {
            let root = forest.push_node(NONE);
            forest.roots[points[of_class[0] as usize].0 as usize] = root;
            forest.build(root, of_class, points, qualities);
        }
        forest
    }

    pub fn root(&self, class: u32) -> Option<u32> {
        self.roots.get(class as usize).copied().filter(|root| *root != NONE)
    }

    pub fn node(&self, node: u32) -> &Node {
        &self.nodes[node as usize]
    }

    pub fn qualities_of_node(&self, node: u32) -> &[f64] {
        &self.node_qualities[node as usize * self.width..][..self.width]
    }

    pub fn points(&self, start: u32, count: u32) -> &[Point] {
        &self.points[start as usize..][..count as usize]
    }

    pub fn qualities_of_point(&self, place: u32) -> &[f64] {
        &self.qualities[place as usize * self.width..][..self.width]
    }

    pub fn insert(&mut self, class: u32, point: Point, qualities: &[f64]) {
        if self.roots.len() <= class as usize {
            self.roots.resize(class as usize + 1, NONE);
        }
        if self.leaf_of.len() <= point.key as usize {
            self.leaf_of.resize(point.key as usize + 1, NONE);
        }
        if self.roots[class as usize] == NONE {
            self.roots[class as usize] = self.push_node(NONE);
        }
        let mut node = self.roots[class as usize];
        while let Inside::Nodes(first) = self.node(node).inside {
            let grows = |child: u32| self.growth(self.node(child), &point);
            node = if grows(first + 1) < grows(first) { first + 1 } else { first };
        }
        self.make_room(node);
        // A full leaf has become two.
        if let Inside::Nodes(first) = self.node(node).inside {
            let grows = |child: u32| self.growth(self.node(child), &point);
            node = if grows(first + 1) < grows(first) { first + 1 } else { first };
        }
        if let Inside::Points { start, count, room } = self.node(node).inside {
            self.put(start + count, point, qualities);
            self.leaf_of[point.key as usize] = node;
            self.nodes[node as usize].inside = Inside::Points { start, count: count + 1, room };
        }
        self.tighten(node);
    }

    pub fn remove(&mut self, key: u32) {
        let Some((node, place)) = self.find(key) else { return };
        if let Inside::Points { start, count, room } = self.node(node).inside {
            let last = start + count - 1;
            self.points.swap(place as usize, last as usize);
            for quality in 0..self.width {
                self.qualities.swap(place as usize * self.width + quality, last as usize * self.width + quality);
            }
            self.leaf_of[key as usize] = NONE;
            self.nodes[node as usize].inside = Inside::Points { start, count: count - 1, room };
        }
        self.tighten(node);
    }

    pub fn set_level(&mut self, key: u32, level: f64) {
        let Some((node, place)) = self.find(key) else { return };
        if self.points[place as usize].level != level {
            self.points[place as usize].level = level;
            self.tighten(node);
        }
    }

    fn find(&self, key: u32) -> Option<(u32, u32)> {
        let node = self.leaf_of.get(key as usize).copied().filter(|node| *node != NONE)?;
        let Inside::Points { start, count, .. } = self.node(node).inside else { return None };
        let within = self.points(start, count).iter().position(|point| point.key == key)?;
        Some((node, start + within as u32))
    }

    fn push_node(&mut self, parent: u32) -> u32 {
        self.nodes.push(Node { parent, ..Node::EMPTY });
        self.node_qualities.resize(self.nodes.len() * self.width, f64::NEG_INFINITY);
        self.nodes.len() as u32 - 1
    }

    /// Halves the points along whatever tells them apart most, in money, until a leaf holds them.
    fn build(&mut self, node: u32, order: &mut [u32], points: &[(u32, Point)], qualities: &[f64]) {
        let widest = self.widest(order.iter().map(|place| &points[*place as usize].1));
        match widest.filter(|_| order.len() > LEAF) {
            Some(dimension) => {
                let middle = order.len() / 2;
                let along = |place: &u32| points[*place as usize].1.along(dimension);
                order.select_nth_unstable_by(middle, |one, other| {
                    along(one).total_cmp(&along(other)).then(one.cmp(other))
                });
                let first = self.push_node(node);
                self.push_node(node);
                self.nodes[node as usize].inside = Inside::Nodes(first);
                let (lower, upper) = order.split_at_mut(middle);
                self.build(first, lower, points, qualities);
                self.build(first + 1, upper, points, qualities);
            }
            None => {
                let start = self.points.len() as u32;
                let count = order.len() as u32;
                for place in order.iter().map(|place| *place as usize) {
                    self.points.push(points[place].1);
                    self.qualities.extend_from_slice(&qualities[place * self.width..][..self.width]);
                    self.leaf_of[points[place].1.key as usize] = node;
                }
                self.nodes[node as usize].inside = Inside::Points { start, count, room: count };
            }
        }
        self.sum_up(node);
    }

    /// The dimension in which points lie widest apart, by what it is worth; None where nothing tells them apart.
    fn widest<'a>(&self, points: impl Iterator<Item = &'a Point>) -> Option<usize> {
        let mut all = Node::EMPTY;
        let mut lowest = f64::INFINITY;
        for point in points {
            all.enclose(&point.as_node());
            lowest = lowest.min(point.level);
        }
        let spread = |dimension: usize| match dimension {
            3 => all.level - lowest,
            axis => (all.high[axis] - all.low[axis]) * self.haulage_per_radius,
        };
        (0..4).filter(|d| spread(*d) > 0.0).max_by(|one, other| spread(*one).total_cmp(&spread(*other)))
    }

    /// What a point would add to the extent of a node, in money.
    fn growth(&self, node: &Node, point: &Point) -> f64 {
        if !node.has_points() {
            return 0.0;
        }
        let apart = node.chord_squared(point.at).sqrt() * self.haulage_per_radius;
        apart + (point.level - node.level).abs()
    }

    /// A leaf without room becomes two, or a larger one where its points are all alike.
    fn make_room(&mut self, node: u32) {
        let Inside::Points { start, count, room } = self.node(node).inside else { return };
        if count < room {
            return;
        }
        let widest = self.widest(self.points(start, count).iter()).filter(|_| count as usize >= ROOM);
        let mut order: Vec<u32> = (start..start + count).collect();
        let Some(dimension) = widest else {
            self.move_to_leaf(node, &order, (2 * count).max(ROOM as u32));
            return;
        };
        let along = |place: &u32| self.points[*place as usize].along(dimension);
        order.sort_by(|one, other| along(one).total_cmp(&along(other)).then(one.cmp(other)));
        let first = self.push_node(node);
        self.push_node(node);
        self.nodes[node as usize].inside = Inside::Nodes(first);
        let (lower, upper) = order.split_at(order.len() / 2);
        for (child, part) in [(first, lower), (first + 1, upper)] {
            self.move_to_leaf(child, part, ROOM as u32);
            self.sum_up(child);
        }
    }

    /// Copies points to a new place at the end and makes them those of a leaf.
    fn move_to_leaf(&mut self, node: u32, places: &[u32], room: u32) {
        let start = self.points.len() as u32;
        let unused = Point { at: [0.0; 3], level: 0.0, key: NONE, firm: 0, permits_any: false };
        self.points.resize(self.points.len() + room as usize, unused);
        self.qualities.resize(self.points.len() * self.width, 0.0);
        for (offset, from) in places.iter().map(|place| *place as usize).enumerate() {
            let point = self.points[from];
            let to = start as usize + offset;
            self.points[to] = point;
            self.qualities.copy_within(from * self.width..(from + 1) * self.width, to * self.width);
            self.leaf_of[point.key as usize] = node;
        }
        self.nodes[node as usize].inside = Inside::Points { start, count: places.len() as u32, room };
    }

    fn put(&mut self, place: u32, point: Point, qualities: &[f64]) {
        self.points[place as usize] = point;
        self.qualities[place as usize * self.width..][..self.width].copy_from_slice(qualities);
    }

    /// Puts the bounds right from a leaf upwards, as far as anything changes.
    fn tighten(&mut self, leaf: u32) {
        let mut node = leaf;
        while node != NONE && self.sum_up(node) {
            node = self.nodes[node as usize].parent;
        }
    }

    /// Reads the bounds of a node from what is right below it. Says whether they changed.
    fn sum_up(&mut self, node: u32) -> bool {
        let before = self.nodes[node as usize];
        let mut after = Node { parent: before.parent, inside: before.inside, ..Node::EMPTY };
        let mut qualities = vec![f64::NEG_INFINITY; self.width];
        let mut permit = |of: &[f64]| {
            for (most, quality) in qualities.iter_mut().zip(of) {
                *most = most.max(*quality);
            }
        };
        match before.inside {
            Inside::Nodes(first) => {
                for child in [first, first + 1] {
                    after.enclose(self.node(child));
                    permit(self.qualities_of_node(child));
                }
            }
            Inside::Points { start, count, .. } => {
                for place in start..start + count {
                    after.enclose(&self.points[place as usize].as_node());
                    permit(self.qualities_of_point(place));
                }
            }
        }
        let of_node = &mut self.node_qualities[node as usize * self.width..][..self.width];
        let changes = before != after || of_node != qualities.as_slice();
        of_node.copy_from_slice(&qualities);
        self.nodes[node as usize] = after;
        changes
    }
}
