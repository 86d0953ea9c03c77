"""What is on the rails on the first day: clothes, customers, comments, orders."""

from __future__ import annotations

CATEGORIES = {
    "tops": "Tops",
    "knits": "Knitwear",
    "coats": "Coats & jackets",
    "dresses": "Dresses",
    "trousers": "Trousers",
    "odds": "Odds & ends",
}

# id, name, category, cloth (which drawing), tint, size, price in pence, what was mended, story
PRODUCTS: list[tuple[int, str, str, str, str, str, int, str, str]] = [
    (1, "Rock'n'roll tee", "tops", "tee", "ink", "M", 1400, "New hem",
     "Danced thin in 1987, hemmed again in 2024. The print is gone in exactly the right places."),
    (2, "Zoë's Breton jumper", "knits", "jumper", "cream", "S", 3200, "Left elbow",
     "Fourteen stripes, one of them ours. The elbow is darned in harbour blue."),
    (3, "Duffle coat with spare toggle", "coats", "coat", "moss", "L", 7800, "Lining",
     "Relined with a retired tablecloth. The fourth toggle is walnut; the others will never know."),
    (4, "Señora wrap dress", "dresses", "dress", "rust", "M", 4600, "Waist tie",
     "Bought in Sevilla, worn to two weddings, torn at the third."),
    (5, "Gardener's corduroys", "trousers", "trousers", "moss", "L", 3900, "Both knees",
     "Knees patched with the back pockets. Still smells faintly of tomatoes."),
    (6, "Postman's jacket", "coats", "coat", "ink", "M", 6400, "Cuffs",
     "Twenty winters of letters. Cuffs bound in leather from a satchel."),
    (7, "Lighthouse keeper's jumper", "knits", "jumper", "ink", "L", 5200, "Collar",
     "Oiled wool, thick as a door. The collar is knitted anew from the same sheep's granddaughter."),
    (8, "Sunday shirt", "tops", "tee", "cream", "S", 2100, "Buttons",
     "Seven buttons from seven shirts. None match; all fit."),
    (9, "Marigold tea dress", "dresses", "dress", "mustard", "S", 4200, "Zip",
     "A zip from a tent, which is why it never sticks."),
    (10, "Bicycle trousers", "trousers", "trousers", "ink", "S", 3400, "Right leg",
     "The chain took a bite. We gave it back in sashiko."),
    (11, "Scarf for two", "odds", "scarf", "rust", "One", 1900, "Fringe",
     "Three metres long. Knitted by people who were on speaking terms again by the end."),
    (12, "Opera bag", "odds", "bag", "mustard", "One", 2700, "Clasp",
     "Holds a programme, a handkerchief and one smuggled orange."),
    (13, "Children's pinafore", "dresses", "dress", "moss", "XS", 1800, "Pocket",
     "Let down twice and taken up once. There is room for another summer."),
    (14, "Night porter's waistcoat", "tops", "tee", "rust", "L", 2900, "Back panel",
     "The back was beyond saving; it used to be a cushion."),
]  # fmt: skip

# id, login, password, role, full name, e-mail, address
USERS: list[tuple[int, str, str, str, str, str, str]] = [
    (1, "ada", "lovelace", "customer", "Ada Lovelace", "ada@threadbare.example", "12 St James's Square, London"),
    (2, "grace", "hopper", "admin", "Grace Hopper", "grace@threadbare.example", "1 Compiler Way, Arlington"),
    (3, "maeve", "it's-a-secret", "customer", "Maeve O'Neill", "maeve@threadbare.example", "3 Quay Street, Galway"),
    (4, "bjorn", "smörgås", "customer", "Björn Ångström", "bjorn@threadbare.example", "Storgatan 5, Umeå"),
]

COMMENTS: list[tuple[int, str, str]] = [
    (1, "Maeve O'Neill", "Wore it to a gig, it's louder than I am."),
    (2, "Björn Ångström", "Sitter perfekt. The darn is the best part <3"),
    (5, "Ada", "How the knees were done: https://threadbare.example/care?guide=patches"),
]

# id, customer, product, day, state, total, invoice file, gift message
ORDERS: list[tuple[int, int, int, str, str, int, str, str]] = [
    (1001, 1, 7, "2024-02-03", "delivered", 5200, "INV-1001.txt", ""),
    (1002, 3, 3, "2024-02-11", "delivered", 7800, "INV-1002.txt", "For Da. Don't lose the toggle!"),
    (1003, 4, 2, "2024-02-19", "on its way", 3200, "INV-1003.txt", "Grattis på födelsedagen"),
    (1004, 1, 12, "2024-03-02", "being mended", 2700, "INV 1004 (gift).txt", "1 < 2 oranges & a programme"),
]

VOUCHERS: list[tuple[str, int, str]] = [
    ("SPRINGCLEAN", 10, "for everyone"),
    ("BUTTONBOX", 25, "for people who bring us buttons; do not print"),
]

CARRIERS = """\
# host                      carrier            state
swift.carriers.example      Swift & Daughters  collecting at four
pigeon.carriers.example     Pigeon Post        grounded by fog
barrow.carriers.example     Barrow Boys        on time
"""

GUIDES = {
    "wool.txt": "Cold water, no wringing, dry it flat and out of the sun. Wool forgives nearly everything else.",
    "patches.txt": "Cut the patch a thumb wider than the hole, round its corners, and stitch it twice.",
    "tea stains.txt": "Boiling water from a height. Stand back, and do not tell the tea.",
}


def _invoice(order: tuple[int, int, int, str, str, int, str, str]) -> str:
    number, customer, product, day, _, total, _, _ = order
    user, item = USERS[customer - 1], PRODUCTS[product - 1]
    return (
        f"THREADBARE\nmended & second-hand clothes\n\nInvoice INV-{number}, {day}\n{user[4]}\n{user[6]}\n\n"
        f"1 x {item[1]} ({item[5]})   £{total / 100:.2f}\n\nThank you for keeping it going.\n"
    )


INVOICES = {order[6]: _invoice(order) for order in ORDERS}
