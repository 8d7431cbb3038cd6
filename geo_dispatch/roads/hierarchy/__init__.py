"""A customizable contraction hierarchy over turns, and the questions that it answers fast.

After Dibbelt, Strasser and Wagner, "Customizable Contraction Hierarchies" (2016).
"""
