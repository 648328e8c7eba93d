"""The server side of Spanwise: takes spans and logs, keeps them, answers questions about them."""
